export function GradingPage() {
  return null;
}
