// One small file sent at once by tus, for a picture in a text: no list, no pause, nothing outlives the page.
import { apiBase, session } from '~/api/client';
import { ApiError, networkError, problemOf } from '~/api/error';

/** Answers with the id of the upload. Rejects with an `ApiError`. */
export async function uploadOnce(
  file: File,
  purpose: string,
  told: (percent: number) => void,
): Promise<string> {
  const { Upload } = await import('tus-js-client');
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: `${apiBase}/uploads`,
      metadata: { filename: file.name, filetype: file.type || 'application/octet-stream', purpose },
      retryDelays: [500, 1_500],
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        const token = await session.current();
        if (token) request.setHeader('authorization', `Bearer ${token}`);
        request.setHeader('x-ilm-request', '1');
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status === 0 ? navigator.onLine : status >= 500;
      },
      onProgress: (sent, size) => told(size > 0 ? (sent / size) * 100 : 0),
      onSuccess: () => {
        const id = upload.url?.split('/').at(-1);
        if (id) resolve(id);
        else reject(new ApiError({ status: 502, code: 'unavailable' }));
      },
      onError: (cause) => {
        const response = 'originalResponse' in cause ? cause.originalResponse : null;
        const status = response?.getStatus() ?? 0;
        if (!response || status < 400) return reject(networkError(cause));
        void problemOf(new Response(response.getBody() || null, { status })).then(reject, reject);
      },
    });
    upload.start();
  });
}
