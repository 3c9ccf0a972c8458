"""A school technician with a phone, from the notice of a fault to the proof of its repair, in a real headless Chromium.

The technician is Wang of No. 1 Primary School, reads Chinese, and holds a phone 390 px wide. The line drops when it is
needed most. Nothing anybody did may be lost, and nothing may be done twice.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from campus.ids import DeviceId, SiteId
from controller.identity.dependency import SESSION_COOKIE
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role, Scope
from controller.main import Controller
from controller.workorders.model import Act, Command, Opening, Order, OrderState
from tests.support import browser
from tests.support.lively_district import close, lively_district
from tests.support.qr_film import write_qr_film
from tests.support.school_day import SchoolDay

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCHOOL = SiteId("no-1-primary")
ON_MAINS, ON_BATTERY = 3, 5
PHONE = {"width": 390, "height": 844}
LONG_MS = 15_000
WITHOUT_LINE = re.compile("ERR_INTERNET_DISCONNECTED|ERR_FAILED|htmx:(sendError|afterRequest|afterOnLoad)")
"""What the browser's log says when there is no line: the page says it, too."""
KEPT_PAGES = "caches.keys().then(names => names.filter(name => name.startsWith('pages-')))"
SMALL = """[...document.querySelectorAll("main a.button, main button, nav.quick a, .touch-main, main summary, main .field")]
  .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 120))"""
"""What is shown and too small for a thumb."""
WANG, LI = (Scope(name, Role.TECHNICIAN, frozenset({SCHOOL})) for name in ("王老师", "李老师"))


@dataclass
class Phone:
    """Somebody's phone: the browser keeps what it keeps when its only page is closed."""

    context: BrowserContext
    url: str
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open an address; nothing may be wider than the screen, and axe must be content."""
        self.page.goto(self.url + path)
        self.check()

    def check(self) -> None:
        """As `go`, of the page that is shown."""
        self.page.wait_for_load_state("load")
        assert self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], self.page.url
        assert browser.accessibility_faults(self.page) == [], self.page.url

    def look(self) -> None:
        """Take it out of the pocket: the page renews itself at once, as it does every few seconds while it is looked at."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def lose_the_line(self) -> None:
        """In the cellar."""
        self.context.set_offline(True)

    def find_the_line(self) -> None:
        """Up again."""
        self.context.set_offline(False)

    def close_and_open(self, path: str) -> None:
        """The app is closed and opened."""
        self.page.close()
        self.page = self.context.new_page()
        self.page.goto(self.url + path)


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    made = lively_district(tmp_path_factory.mktemp("district"), schools=2, days=1)
    yield made
    close(made)


@pytest.fixture(scope="module")
def url(controller: Controller) -> Iterator[str]:
    with browser.served(controller) as address:
        yield address


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees, where a page is allowed to look."""
    return tmp_path_factory.mktemp("camera") / "camera.y4m"


@pytest.fixture(scope="module")
def chromium(film: Path) -> Iterator[Browser]:
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    with browser.chromium(*camera) as found:
        yield found


def phone(chromium: Browser, controller: Controller, url: str, who: Scope, language: str = "zh-CN") -> Phone:
    """Signed in, with the service worker at work."""
    context = chromium.new_context(viewport=PHONE, locale=language, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    found = Phone(context, url, context.new_page())

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not WITHOUT_LINE.search(message.text):
            found.complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: found.complaints.append(str(error.error)))
    token = controller.identity.create_link(ScopeSpec(who.role, who.user, site=SCHOOL), controller.clock())
    found.page.goto(f"{url}/enter?token={token}")
    found.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return found


def photo(width: int = 2400, height: int = 1800) -> dict[str, object]:
    """As a camera makes it: large."""
    picture = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(picture, "JPEG")
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}


def my_order(controller: Controller) -> Order:
    return next(order for order in controller.workorders.orders(WANG) if order.device == "ups-1")


def test_from_the_notice_of_a_fault_to_the_proof_of_its_repair(
    chromium: Browser, controller: Controller, url: str
) -> None:
    day = SchoolDay(controller, SCHOOL)
    wang = phone(chromium, controller, url, WANG)

    # 10:18, the power fails, the UPS takes over: it appears by itself.
    wang.go("/mine")
    day.measure("ups-1", "ups_source_state", ON_BATTERY, for_min=3)
    wang.look()
    fault = wang.page.locator("a.touch-main", has_text="机房 UPS")
    expect(fault).to_be_visible(timeout=LONG_MS)
    expect(fault).to_contain_text("暂无人处理")

    # What it is, what to do; what was tried stays ticked.
    fault.click()
    wang.page.wait_for_url("**/alerts/*")
    wang.check()
    wang.page.locator("[data-tick]").first.check()
    wang.page.reload()
    expect(wang.page.locator("[data-tick]").first).to_be_checked()
    expect(wang.page.locator("[data-tick]").nth(1)).not_to_be_checked()

    # I take care: an order is made, and it is mine.
    wang.page.get_by_role("button", name="我来处理").locator("visible=true").click()
    wang.page.wait_for_url("**/mine/orders/*")
    wang.check()
    expect(wang.page.locator("[aria-current=step]")).to_have_text("已接单")
    wang.page.get_by_role("button", name="我已到场").click()
    expect(wang.page.locator("[aria-current=step]")).to_have_text("已到场", timeout=LONG_MS)
    expect(wang.page.locator("#history")).to_contain_text("到场")
    here = wang.page.url.removeprefix(url)

    # In the cellar there is no line: a note and a photo wait, even while the app is closed.
    wang.lose_the_line()
    wang.page.get_by_label("现场情况或处理内容").fill("总闸跳闸，已复位。")
    wang.page.get_by_role("button", name="保存备注").click()
    outbox = wang.page.locator("#outbox")
    expect(outbox).to_contain_text("1 项操作待发送")
    wang.page.locator("input[type=file]").set_input_files(photo())  # type: ignore[arg-type]
    expect(outbox).to_contain_text("2 项操作待发送")
    wang.close_and_open(here)
    expect(wang.page.locator("#as-of")).to_contain_text("没有网络连接")
    expect(wang.page.locator("[aria-current=step]")).to_have_text("已到场")
    outbox = wang.page.locator("#outbox")
    expect(outbox).to_contain_text("2 项操作待发送")
    expect(outbox).to_contain_text("总闸跳闸，已复位。")
    assert controller.workorders.photos(WANG, my_order(controller).id) == []

    # Back upstairs all of it is sent, in order, once.
    wang.find_the_line()
    expect(outbox).to_be_hidden(timeout=2 * LONG_MS)
    expect(wang.page.locator(".album img")).to_have_count(1, timeout=LONG_MS)
    order = my_order(controller)
    acts = [step.act for step in controller.workorders.history(WANG, order.id)]
    assert acts == [Act.OPEN, Act.CLAIM, Act.ARRIVE, Act.NOTE, Act.PHOTO]
    kept = controller.workorders.photos(WANG, order.id)[0]
    with Image.open(BytesIO(controller.workorders.photo(WANG, order.id, kept.id))) as picture:
        assert picture.size == (1600, 1200)

    # Done; then the measurements prove it.
    day.measure("ups-1", "ups_source_state", ON_MAINS, for_min=3)
    wang.page.get_by_role("button", name="已修好").click()
    expect(wang.page.locator(".proof")).to_be_visible(timeout=LONG_MS)
    day.measure("ups-1", "ups_source_state", ON_MAINS, for_min=1)
    day.measure("ups-1", "ups_source_state", ON_MAINS, for_min=3)
    wang.look()
    expect(wang.page.locator(".proof")).to_contain_text(re.compile(r"已正常 3\s?分钟，满 15\s?分钟"), timeout=LONG_MS)
    day.measure("ups-1", "ups_source_state", ON_MAINS, for_min=12)
    wang.look()
    expect(wang.page.locator(".proved")).to_contain_text("监测数据验证修好", timeout=LONG_MS)
    wang.check()
    assert my_order(controller).state is OrderState.VERIFIED
    assert wang.complaints == []
    wang.context.close()


def test_who_was_slower_without_a_line_is_told_so(chromium: Browser, controller: Controller, url: str) -> None:
    broken = Opening("opening-projector", SCHOOL, device=DeviceId("projector-1"), what="无画面")
    order = controller.workorders.open_order(LI, broken).order
    wang = phone(chromium, controller, url, WANG)
    wang.go(f"/mine/orders/{order.id}")
    wang.lose_the_line()
    wang.page.get_by_role("button", name="我来处理").click()
    expect(wang.page.locator("#outbox")).to_contain_text("1 项操作待发送")
    controller.workorders.command(LI, order.id, Command("li-claims-it", Act.CLAIM))
    wang.find_the_line()
    expect(wang.page.locator("#outbox .refusal")).to_have_text("李老师 已先接单处理。", timeout=2 * LONG_MS)
    wang.check()
    wang.page.get_by_role("button", name="放弃").click()
    expect(wang.page.locator("#outbox")).to_be_hidden()
    assert controller.workorders.order(LI, order.id).assignee == LI.user

    # The sign-in ends elsewhere: what the phone kept of Wang's pages goes at the next look.
    assert wang.page.evaluate(KEPT_PAGES) != []
    session = next(each["value"] for each in wang.context.cookies() if each["name"] == SESSION_COOKIE)
    controller.identity.end(session)
    wang.page.goto(f"{url}/mine")
    expect(wang.page.locator("h1")).to_have_text("您尚未登录。")
    wang.page.wait_for_function(f"async () => (await {KEPT_PAGES}).length === 0")
    wang.context.close()


def test_signing_out_asks_when_something_waits_and_leaves_nothing_behind(
    chromium: Browser, controller: Controller, url: str
) -> None:
    opening = Opening("opening-gate", SCHOOL, device=DeviceId("gate-1"), what="不开门")
    order = controller.workorders.open_order(WANG, opening).order
    wang = phone(chromium, controller, url, WANG)
    wang.go("/more")
    wang.go(f"/mine/orders/{order.id}")
    wang.lose_the_line()
    wang.page.get_by_label("现场情况或处理内容").fill("闸机断电")
    wang.page.get_by_role("button", name="保存备注").click()
    expect(wang.page.locator("#outbox")).to_be_visible()
    wang.page.goto(f"{url}/more")
    leave = wang.page.get_by_role("button", name="退出登录")
    answers = iter((False, True))
    wang.page.on("dialog", lambda dialog: dialog.accept() if next(answers) else dialog.dismiss())
    with wang.page.expect_event("dialog") as asked:
        leave.click()
    assert asked.value.message == "本机还有 1 项操作未发送，退出后将丢失。确定退出？"
    expect(wang.page.locator("#outbox")).to_be_visible()
    wang.page.route("**/mine/orders/*/act", lambda route: route.abort())
    wang.find_the_line()
    leave.click()
    expect(wang.page.locator("h1")).to_have_text("您已退出登录。")
    assert wang.page.evaluate(KEPT_PAGES) == []
    wang.lose_the_line()
    wang.page.goto(f"{url}/mine/orders/{order.id}")
    expect(wang.page.locator("h1")).to_have_text("没有网络连接")
    wang.context.close()


def test_a_teacher_tells_of_a_fault_by_the_sticker_and_the_technician_scans_it(
    chromium: Browser, controller: Controller, url: str, film: Path
) -> None:
    book = controller.workorders.stickers
    book.issue_stickers(WANG, SCHOOL)
    code = next(each.code for each in book.stickers(WANG, SCHOOL) if each.device == "board-101")
    teacher = chromium.new_context(viewport=PHONE, locale="zh-CN", is_mobile=True)  # type: ignore[arg-type]
    page = teacher.new_page()
    page.goto(f"{url}/r/{code}")
    assert browser.accessibility_faults(page) == []
    page.locator("label:has(input[name=trouble]), button[name=trouble]").first.click()
    page.locator("form button:not([name=trouble])").last.click()
    page.wait_for_url("**told=*")
    teacher.close()
    write_qr_film(film, f"https://campanile.example/r/{code}")
    wang = phone(chromium, controller, url, WANG)
    wang.context.grant_permissions(["camera"])
    wang.page.goto(f"{url}/scan")
    wang.page.wait_for_url("**/scan?site=no-1-primary&device=board-101", timeout=2 * LONG_MS)
    wang.check()
    expect(wang.page.locator("a[href^='/mine/orders/']")).to_have_count(1)
    wang.go("/mine/orders?show=free")
    expect(wang.page.locator("a.touch-main", has_text="一（1）班大屏")).to_be_visible()
    assert wang.complaints == []
    wang.context.close()


def test_it_installs_as_an_app_and_shows_notices_of_alerts(chromium: Browser, controller: Controller, url: str) -> None:
    wang = phone(chromium, controller, url, WANG)
    wang.context.grant_permissions(["notifications"], origin=url)
    devtools = wang.context.new_cdp_session(wang.page)
    hindrances = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in hindrances] == ["in-incognito"], "as every page of a test is"
    workers: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: workers.extend(each["registrationId"] for each in told["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    wang.page.wait_for_function("navigator.serviceWorker.controller !== null")
    notice = {"title": "市电中断", "body": "机房 UPS", "url": "/alerts/1", "tag": "/alerts/1"}
    message = {"origin": f"{url}/", "registrationId": workers[0], "data": json.dumps(notice)}
    devtools.send("ServiceWorker.deliverPushMessage", message)
    wang.page.wait_for_function(
        """async () => {
          const worker = await navigator.serviceWorker.ready;
          const [notice] = await worker.getNotifications();
          return notice?.title === "市电中断" && notice.data.url === "/alerts/1";
        }"""
    )
    wang.context.close()


def test_the_screens_in_english(chromium: Browser, controller: Controller, url: str) -> None:
    opening = Opening("opening-printer", SCHOOL, device=DeviceId("printer-1"), what="Paper jam")
    order = controller.workorders.open_order(WANG, opening).order
    wang = phone(chromium, controller, url, WANG, "en")
    alert = next(iter(controller.alerts.standing(WANG)))
    for path, said in (
        ("/mine", "My alerts"),
        (f"/alerts/{alert}", "What to do"),
        ("/mine/orders?show=all", "My work orders"),
        (f"/mine/orders/{order.id}", "I take care"),
        ("/scan", "Scan a device"),
        ("/scan?site=no-1-primary&device=printer-1", "Something is wrong here"),
        ("/more", "Sign out"),
    ):
        wang.go(path)
        expect(wang.page.locator("body")).to_contain_text(said)
        bar = wang.page.locator("nav.quick a")
        expect(bar).to_have_text([re.compile("Alerts"), "Orders", "Scan", "School", "More"])
        assert wang.page.evaluate(SMALL) == [], path
    assert wang.complaints == []
    wang.context.close()
