// A photo as the phone took it is several megabytes and says where it was taken; what is sent is small and says neither.
const LONGEST_PX = 1600;
const QUALITY = 0.8;

/** A JPEG of at most 1600 px on its longer side, without the camera's notes; the file itself where it cannot be drawn. */
export async function shrunk(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return small ? new File([small], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}
