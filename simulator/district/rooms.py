"""Rooms of a school: classrooms by grade and class, and the places where the other devices stand."""

from simulator.district.device import SimRoom
from simulator.district.names import SchoolName, Stage, chinese_number

_FIRST_GRADE = {Stage.PRIMARY: 1, Stage.MIDDLE: 7, Stage.HIGH: 1}
_GRADES = {Stage.PRIMARY: 6, Stage.MIDDLE: 3, Stage.HIGH: 3}

LABORATORY = SimRoom("lab-1", "Science laboratory", "科学实验室", 2)
COMPUTER_ROOM = SimRoom("computer-1", "Computer room", "计算机教室", 3)
OTHER_ROOMS = (
    SimRoom("hall", "Lecture hall", "报告厅", 1),
    SimRoom("library", "Library", "图书馆", 1),
    SimRoom("office", "Teachers' office", "教师办公室", 2),
    SimRoom("canteen", "Canteen", "食堂", 1),
    SimRoom("kitchen", "Canteen kitchen", "食堂后厨", 1),
    SimRoom("playground", "Playground", "操场", 0),
    SimRoom("gatehouse", "School gate", "校门", 0),
    SimRoom("network-room", "Network room", "网络机房", 1),
)


def classrooms(name: SchoolName, count: int) -> list[SimRoom]:
    """`count` classrooms, four to a floor and never more than five floors.

    ``r101`` is 一（1）班 in a primary school, 高一（1）班 in a high school.
    """
    grades = _GRADES[name.stage]
    per_grade = -(-count // grades)
    per_floor = max(4, -(-count // 5))
    rooms = []
    for index in range(count):
        grade, number = divmod(index, per_grade)
        floor, door = divmod(index, per_floor)
        label = _FIRST_GRADE[name.stage] + grade
        prefix = "高" if name.stage is Stage.HIGH else ""
        rooms.append(
            SimRoom(
                f"r{floor + 1}{door + 1:02d}",
                f"Room {floor + 1}{door + 1:02d} (grade {label}, class {number + 1})",
                f"{prefix}{chinese_number(label)}（{number + 1}）班",
                floor + 1,
            )
        )
    return rooms
