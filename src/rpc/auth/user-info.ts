/** Without a login everybody is the same person. */
export function userInfo() {
  return { subject: 'anonymous', name: 'Anonymous' };
}
