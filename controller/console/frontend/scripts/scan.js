// The camera looks for a device's code: with the browser's own detector where there is one, else with `qr`. Loaded on the
// scan page only. Nothing leaves the phone but the code.
const EVERY_MS = 200;
const LONGEST_PX = 800;

export async function startScan(place) {
  const video = place.querySelector("video");
  const say = (word) => {
    place.dataset.state = word;
    place.querySelector("[data-say]").textContent = place.dataset[`say${word[0].toUpperCase()}${word.slice(1)}`] ?? "";
  };
  if (!navigator.mediaDevices?.getUserMedia) return say("absent");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    return say(error.name === "NotAllowedError" ? "refused" : "absent");
  }
  video.srcObject = stream;
  await video.play();
  say("looking");
  const read = await reader();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  window.addEventListener("pagehide", stop, { once: true });
  const look = async () => {
    const text = video.readyState >= video.HAVE_CURRENT_DATA && document.visibilityState === "visible" ? await read(video) : "";
    if (!text) return void setTimeout(look, EVERY_MS);
    say("found");
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(80);
    stop();
    location.assign(`/scan?code=${encodeURIComponent(text)}`);
  };
  look();
  return undefined;
}

/** A function that reads the code in a video's present picture; "" where there is none. */
async function reader() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: formats.filter((format) => ["qr_code", "code_128", "code_39", "data_matrix"].includes(format)) });
    return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue ?? "";
  }
  const { default: decode } = await import("qr/decode.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, LONGEST_PX / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (!canvas.width) return "";
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decode(context.getImageData(0, 0, canvas.width, canvas.height)) ?? "";
    } catch {
      return ""; // no code in this picture
    }
  };
}
