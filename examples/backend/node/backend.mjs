// A backend that speaks to Casework over Temporal with the SDK for Node: no codec, no library of
// ours, proofs made by hand as docs/contract.md describes them.
//
//     npm install @temporalio/client
//     node backend.mjs ADDRESS KEY.pem KID CODE CASE_NO
//
// It answers the notice too early (and reads code and reason), reports a fact by signal, withdraws
// the application, and waits for its outcome; it prints one line of JSON for each.

import { createHash, createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client, Connection, WorkflowUpdateFailedError } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";

const [address, keyFile, kid, code, caseNo] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyFile));
const actor = { code, role: "system" };
const workflowId = `app.${caseNo.split("-")[0]}.${caseNo}`;

// Keys sorted, no blanks; what equals its default is not in a message in the first place.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

const base64url = (text) => Buffer.from(text).toString("base64url");

function proof(verb, message, jti = randomUUID(), lasts = 300) {
  const iat = Math.floor(Date.now() / 1000);
  const dig = createHash("sha256").update(canonical(message)).digest("base64url");
  const claims = { act: message.actor, verb, case: workflowId, dig, iat, exp: iat + lasts, jti };
  const head = base64url(JSON.stringify({ alg: "EdDSA", kid, typ: "JWT" }));
  const content = `${head}.${base64url(JSON.stringify(claims))}`;
  const token = `${content}.${sign(null, Buffer.from(content), key).toString("base64url")}`;
  return { "casework-proof": defaultPayloadConverter.toPayload(token) };
}

const signing = {
  async signal(input, next) {
    const week = 7 * 24 * 3600; // a fact may wait for a worker
    const headers = proof(input.signalName, input.args[0], undefined, week);
    return next({ ...input, headers: { ...input.headers, ...headers } });
  },
  async startUpdate(input, next) {
    const updateId = input.options?.updateId ?? randomUUID();
    const headers = proof(input.updateName, input.args[0], updateId);
    const options = { ...input.options, updateId };
    return next({ ...input, options, headers: { ...input.headers, ...headers } });
  },
};

const show = (step, answer) => console.log(JSON.stringify({ step, answer }));

const connection = await Connection.connect({ address });
const client = new Client({ connection, interceptors: { workflow: [signing] } });
const found = client.workflow.getHandle(workflowId);
const material = { code: "labour_contract", form: "electronic" };
try {
  await found.executeUpdate("supplement", { args: [{ actor, materials: [material] }] });
} catch (error) {
  if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  show("refused", { code: error.cause.type, reason: error.cause.message });
}
await found.signal("materials_received", { actor, materials: [material] });
show("withdrawn", await found.executeUpdate("withdraw", { args: [{ actor, reason: "另行申报" }] }));
show("outcome", await found.result());
await connection.close();
