// A module on a page that is told something: JSON, as it comes.

/**
 * @param {HTMLElement} root
 * @param {{ data: any, say: (name: string, value: any) => void }} here
 * @param {{ name: string, module: any }} how
 */
export function show(root, here, { name, module }) {
  const send = (said, value) => here.say(said, value);
  const mounted = module.mount(root, { [name]: here.data, send, group: root.dataset.group });
  return {
    update: (data) => mounted.update({ [name]: data }),
    destroy: () => mounted.destroy(),
  };
}
