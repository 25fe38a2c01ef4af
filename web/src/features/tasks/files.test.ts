import { expect, it } from 'vitest';
import { refusalOf } from './files';

const body = { max_files: 2, max_mb: 1, types: ['pdf', '.docx', 'image/*'] };

it('takes the files that a task asks for and no others', () => {
  const file = (name: string, type: string, size = 10) => ({ name, type, size });
  expect(refusalOf(file('a.PDF', ''), body)).toBeUndefined();
  expect(refusalOf(file('a.docx', ''), body)).toBeUndefined();
  expect(refusalOf(file('a.png', 'image/png'), body)).toBeUndefined();
  expect(refusalOf(file('a.exe', 'application/x-msdownload'), body)).toBe('type');
  expect(refusalOf(file('a.pdf', '', 1_048_577), body)).toBe('big');
  expect(refusalOf(file('a.exe', ''), { ...body, types: [] })).toBeUndefined();
});
