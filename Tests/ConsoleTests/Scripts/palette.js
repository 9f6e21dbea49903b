// Makes a picture of a page small: its 256 most frequent colours stay, the others become the nearest of them (PNG, W3C Recommendation,
// colour type 3). Takes and returns base64 of a PNG file.

return (async given => {
  const bytes = Uint8Array.from(atob(given), character => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
  const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const points = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);

  const counts = new Map();
  for (const colour of points) counts.set(colour, (counts.get(colour) || 0) + 1);
  const palette = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one)).slice(0, 256);
  const parts = colour => [colour & 255, colour >> 8 & 255, colour >> 16 & 255];
  const distance = (one, other) => one.reduce((sum, part, index) => sum + (part - other[index]) ** 2, 0);
  const places = new Map(palette.map((colour, index) => [colour, index]));
  const known = palette.map(parts);
  const place = colour => {
    if (!places.has(colour)) {
      const own = parts(colour);
      const distances = known.map(other => distance(own, other));
      places.set(colour, distances.indexOf(Math.min(...distances)));
    }
    return places.get(colour);
  };
  // Each line of points has the number of its filter before it: 0, none.
  const lines = new Uint8Array((image.width + 1) * image.height);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) lines[y * (image.width + 1) + x + 1] = place(points[y * image.width + x]);
  }
  const stream = new Blob([lines]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());

  const table = Array.from({length: 256}, (_, value) => {
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xEDB88320 ^ value >>> 1 : value >>> 1;
    return value;
  });
  const number = value => [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
  const chunk = (name, content) => {
    const body = [...new TextEncoder().encode(name), ...content];
    const check = body.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ sum >>> 8, -1) ^ -1;
    return [...number(content.length), ...body, ...number(check)];
  };
  const file = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A,
    ...chunk('IHDR', [...number(image.width), ...number(image.height), 8, 3, 0, 0, 0]),
    ...chunk('PLTE', known.flat()), ...chunk('IDAT', packed), ...chunk('IEND', []),
  ];
  return btoa(file.map(byte => String.fromCharCode(byte)).join(''));
})(arguments[0]);
