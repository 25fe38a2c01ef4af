export function TaskEditorPage() {
  return null;
}
