// Passkeys and security keys: the browser asks the device, the form carries the answer. Writes no HTML.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const keys = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

function forCreation(given, passwordless) {
  const selection = { ...given.authenticatorSelection, residentKey: passwordless ? "required" : "discouraged", requireResidentKey: passwordless };
  if (passwordless) selection.userVerification = "required";
  return {
    ...given,
    challenge: bytes(given.challenge),
    user: { ...given.user, id: bytes(given.user.id) },
    excludeCredentials: keys(given.excludeCredentials),
    authenticatorSelection: selection,
  };
}

const forRequest = (given) => ({ ...given, challenge: bytes(given.challenge), allowCredentials: keys(given.allowCredentials) });

// What the server reads: every buffer as base64url. Password managers may lack toJSON, so it is written out.
function answer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function ask(form) {
  if (form.dataset.passkey === "create") {
    const { publicKey } = JSON.parse(form.dataset.options);
    const passwordless = form.elements.passwordless?.checked ?? false;
    return navigator.credentials.create({ publicKey: forCreation(publicKey, passwordless) });
  }
  let options = form.dataset.options;
  if (!options) {
    const reply = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(`${reply.status}`);
    options = JSON.stringify((await reply.json()).request_options);
  }
  return navigator.credentials.get({ publicKey: forRequest(JSON.parse(options).publicKey) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const said = form.querySelector("[role=alert]");
  const say = (words) => {
    said.textContent = words;
    said.hidden = !words;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    if (!window.PublicKeyCredential) return say(form.dataset.saidMissing);
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(answer(await ask(form)));
      form.submit();
    } catch {
      say(form.dataset.saidFailed);
      button.disabled = false;
    }
  });
}
