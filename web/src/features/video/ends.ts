// Hears on the socket, at once, that a playback has ended: another device took its place, or the right to it is gone.
// Where there is no socket the next heartbeat says the same.
import { session } from '~/api/client';
import { live } from '~/live';

/** `ended` is called with the reason, or without one when it may have ended. Only who is signed in has a socket. */
export function hearEnd(playback: string, ended: (reason?: string) => void): () => void {
  if (!session.expected()) return () => undefined;
  const nothing = () => undefined;
  return live.topic(`playback:${playback}`, {
    join: () => ({}),
    joined: nothing,
    frame: (frame) => {
      if (frame.t === 'playback_ended') ended(String(frame.reason));
    },
    // It ended while the socket was away, or it is a guest's: the heartbeat knows.
    refused: (error) => {
      if (error.code === 'not_found') ended();
    },
    lost: nothing,
  });
}
