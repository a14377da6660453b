// Package secretmanager is what the secret managers that a stored connection may
// refer to have in common; each manager is a package below it, so that a program
// links the libraries of those alone that it uses. Neither preview nor its other
// packages import one.
//
// # References
//
// A reference is written in one way:
//
//	SCHEME:NAME[?version=V|?stage=S][#KEY]
//
//	vault:shop/database#password               HashiCorp Vault or OpenBao, key-value secrets
//	vault:shop/database?version=3#password     the third version (key-value version 2)
//	aws:shop/database#password                 AWS Secrets Manager
//	aws:shop/database?stage=AWSPREVIOUS#host   the version of a stage, or by id with ?version=
//	gcp:shop-database                          Google Cloud Secret Manager, the whole secret
//
// With a key it means a member of the JSON object that the secret is, without one the
// whole secret. NAME is taken below a prefix that the operator sets, as a file's name is
// below a folder: the writer of references, such as a tenant in the agent's table, has no
// words for a secret outside of it. Names are not decoded or cleaned; what has another
// character than those of plain names, or a part of dots alone, is refused.
//
// # What is remembered
//
// A secret is used for [Options].MaxAge and then fetched again; it is not used
// longer when that fails. One that the database refuses is fetched again at once,
// though not within five seconds. So a rotation needs no restart.
//
// # Bounds
//
// Fetching one secret takes at most four seconds, an answer has at most 512 KiB
// and a secret 64 KiB. Redirects are not followed, and plain HTTP is spoken with
// this machine and the clouds' link-local services only. Proxies are those of the
// environment (HTTPS_PROXY). An error is for the operator's log: it holds no
// secret, no name of one and no address.
package secretmanager
