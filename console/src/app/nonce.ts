/**
 * The nonce that the page's Content-Security-Policy allows style elements with, or '' where there is none. Libraries that add style
 * elements by script need it.
 */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/** Tells the scroll lock under dialogs, which reads its nonce from where webpack puts it. */
export function announceNonce(): void {
  const nonce = styleNonce();
  if (nonce !== '') Object.assign(globalThis, { __webpack_nonce__: nonce });
}
