/** A lesson's name from a file's: without its ending, with spaces for what stands in place of them. At most 200 letters. */
export function lessonName(file: string): string {
  const name = file
    .normalize('NFC')
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .replaceAll(/[_\s]+/g, ' ')
    .replace(/^\d{1,3}\s*[.)\-–]?\s+(?=\S)/, '')
    .trim();
  return [...name].slice(0, 200).join('');
}
