// Package worker carries previews over Temporal: a control plane starts
// previewQueryWorkflow on the queue of an organization, and a worker beside the
// sidecar of that organization answers it.
//
//	control plane -> Temporal <- worker -> sidecar -> PostgreSQL
//
// The worker polls, so nothing connects into its network. It holds no database
// credentials and knows no SQL: one activity asks the sidecar and hands on its
// answer. More workers on one queue are how previews outgrow one machine.
//
// # The contract
//
// Workflow type [WorkflowType], queue [Queue]("org") = "tenant-org". The input is
// one PreviewQueryWorkflowInput, the result one PreviewQueryResponse, both as
// binary Protobuf; an input as JSON is read too. A failure is an application
// failure of type [TypeFailed] or [TypeOffline] whose first detail is a
// PreviewQueryWorkflowFailure: the reason, the message, the violations.
//
// The worker refuses an input of another organization, whatever the queue.
//
// # Time
//
// An attempt takes at most 15 s, and waits at most 10 s for a worker with a free
// session: longer means that the agent is offline or full, and the failure says
// so. [Connection.Preview] says that the agent is offline after 5 s where no worker
// polls the queue. What can get better is tried again, five times at most and when the sidecar
// says. All of it ends within 35 s; whoever starts the workflow sets 45 s as its
// execution timeout ([ExecutionTimeout]), which also ends a workflow that no
// worker ever took.
//
// A running attempt sends a heartbeat every 200 ms. The answer to one says that
// the workflow was cancelled, and then the query ends in the database. A worker
// that dies sends none: after 3 s its attempt goes to another one, which is always
// safe, since a preview changes nothing.
//
// # Privacy
//
// Inputs, results and failures rest in Temporal's history. So every payload is
// encrypted (AES-256-GCM) with keys that Temporal does not have, see [Codec], and a
// worker with keys refuses an input that is not encrypted. The type of a failure
// stays readable in the history, so the reason is not the type but stands in the
// encrypted details. What also stays readable: the ids of workflow and queue, times
// and sizes.
package worker
