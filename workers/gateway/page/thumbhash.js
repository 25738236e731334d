// ThumbHash (Evan Wallace, https://evanw.github.io/thumbhash/): some 25 bytes hold a picture's colors and shape as a
// few cosine waves: brightness, yellow against blue, red against green, each nibble one wave.

/** The placeholder as a canvas of at most 32 pixels a side; the page stretches it. Null for what is no hash. */
export function placeholder(base64) {
  const bytes = decode(base64);
  if (!bytes) return null;
  const { width, height, pixels } = paint(bytes);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

function decode(base64) {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return bytes.length >= 5 ? bytes : null;
  } catch {
    return null;
  }
}

function paint(bytes) {
  const first = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const second = bytes[3] | (bytes[4] << 8);
  const hasAlpha = Boolean(first >> 23);
  const landscape = Boolean(second >> 15);
  const long = hasAlpha ? 5 : 7;
  const short = Math.max(3, second & 7);
  const [wavesX, wavesY] = landscape ? [long, short] : [short, long];
  const nibbles = reader(bytes, hasAlpha ? 6 : 5);
  const light = channel((first & 63) / 63, wavesX, wavesY, ((first >> 18) & 31) / 31, nibbles);
  const yellow = channel(((first >> 6) & 63) / 31.5 - 1, 3, 3, (((second >> 3) & 63) / 63) * 1.25, nibbles);
  const red = channel(((first >> 12) & 63) / 31.5 - 1, 3, 3, (((second >> 9) & 63) / 63) * 1.25, nibbles);
  const alpha = hasAlpha ? channel((bytes[5] & 15) / 15, 5, 5, (bytes[5] >> 4) / 15, nibbles) : null;
  const ratio = wavesX / wavesY;
  const width = Math.max(1, Math.round(ratio > 1 ? 32 : 32 * ratio));
  const height = Math.max(1, Math.round(ratio > 1 ? 32 / ratio : 32));
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (wave) => level(wave, (x + 0.5) / width, (y + 0.5) / height);
      const l = at(light);
      const blue = l - (2 / 3) * at(yellow);
      const redness = (3 * l - blue + at(red)) / 2;
      const color = [redness, redness - at(red), blue, alpha ? at(alpha) : 1];
      pixels.set(color.map((value) => value * 255), (y * width + x) * 4);
    }
  }
  return { width, height, pixels };
}

function reader(bytes, start) {
  let index = 0;
  return () => {
    const byte = bytes[start + (index >> 1)] ?? 0;
    return (byte >> ((index++ & 1) << 2)) & 15;
  };
}

function channel(average, wavesX, wavesY, scale, nibble) {
  const waves = [];
  for (let y = 0; y < wavesY; y++) {
    for (let x = y ? 0 : 1; x * wavesY < wavesX * (wavesY - y); x++) {
      waves.push({ x, y, height: (nibble() / 7.5 - 1) * scale });
    }
  }
  return { average, waves };
}

function level({ average, waves }, x, y) {
  return waves.reduce(
    (sum, wave) => sum + 2 * wave.height * Math.cos(Math.PI * x * wave.x) * Math.cos(Math.PI * y * wave.y),
    average,
  );
}
