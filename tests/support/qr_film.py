"""A film of one still picture that shows a QR code, as Chromium plays it in place of a camera (YUV4MPEG2, 4:2:0)."""

from pathlib import Path

import numpy as np
import segno

WIDTH, HEIGHT = 640, 480
SCALE_PX = 8


def write_qr_film(path: Path, text: str) -> None:
    """Black on white in the middle of the picture."""
    dark = np.array([list(row) for row in segno.make(text, micro=False).matrix], dtype=bool)
    code = np.kron(np.where(dark, 16, 235).astype(np.uint8), np.ones((SCALE_PX, SCALE_PX), dtype=np.uint8))
    luma = np.full((HEIGHT, WIDTH), 235, dtype=np.uint8)
    top, left = (HEIGHT - code.shape[0]) // 2, (WIDTH - code.shape[1]) // 2
    luma[top : top + code.shape[0], left : left + code.shape[1]] = code
    grey = np.full(WIDTH * HEIGHT // 2, 128, dtype=np.uint8)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + b"FRAME\n" + luma.tobytes() + grey.tobytes())
