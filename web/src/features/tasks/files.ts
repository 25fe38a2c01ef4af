// The files of an answer that have arrived and are not handed in yet, kept in this browser; and which files a task takes.
import type { FileBody } from './contract';

export type Kept = { id: string; name: string; size: number };

export const MIB = 1_048_576;

const key = (task: string) => `ilm.answer.${task}`;

export function readFiles(task: string): Kept[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key(task)) ?? '[]');
    if (!Array.isArray(found)) return [];
    return found.filter(
      (file): file is Kept =>
        typeof file === 'object' &&
        file !== null &&
        typeof (file as Kept).id === 'string' &&
        typeof (file as Kept).name === 'string' &&
        typeof (file as Kept).size === 'number',
    );
  } catch {
    return [];
  }
}

export function keepFiles(task: string, files: readonly Kept[]): void {
  try {
    if (files.length > 0) localStorage.setItem(key(task), JSON.stringify(files));
    else localStorage.removeItem(key(task));
  } catch {
    // Without storage they live as long as the page.
  }
}

/** Why a task does not take a file. `types` are endings (`.pdf`) or media types (`image/*`); none means any. */
export function refusalOf(
  file: { name: string; size: number; type: string },
  { max_mb, types }: FileBody,
): 'big' | 'type' | undefined {
  if (file.size > max_mb * MIB) return 'big';
  const fits = types.some((type) => {
    if (type.endsWith('/*')) return file.type.startsWith(type.slice(0, -1));
    if (type.includes('/')) return file.type === type;
    const ending = type.startsWith('.') ? type : `.${type}`;
    return file.name.toLowerCase().endsWith(ending.toLowerCase());
  });
  return types.length === 0 || fits ? undefined : 'type';
}
