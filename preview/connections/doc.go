// Package connections finds the database that a connection id stands for, in
// the places where an operator keeps credentials: the agent's own PostgreSQL
// ([OpenAgent]), a mounted folder of secret files ([Directory]), or one
// connection string ([Single]).
//
// A request names an id and never a connection string. What an id stands for is read when
// it is asked for, so a rotated password is in force without a restart. An id that does
// not exist and one that belongs to another tenant give the same answer.
//
// # What a stored connection may say
//
// A caller who may store a connection must not be able to read the sidecar's files,
// change its session's settings or use it to reach other machines. So a stored
// connection has an allow-list of keys (host, port, user, password, dbname,
// sslmode and a few others that only shape the connecting); keys that name
// files need [Policy.Files]; and [Policy.Targets] restricts the addresses, checked on
// the resolved address when it is dialled. For the agent's table they leave out by
// default what only this machine can reach.
//
// It is a connection string as libpq reads it, as keywords or a URL, or a JSON
// payload: that string, an object with the one key "url" (or "dsn"), or an object
// with the keys host, port, database (or dbname), user (or username), password
// and sslmode; a key whose value is null counts as absent. Beside either may stand
// search_path, timezone and role, which each preview sets in its transaction (see
// [preview.Session]), and sslrootcert, sslcert and sslkey, whose values are the
// certificates and the key themselves, in PEM. Where a Policy has
// [Policy.Secrets], any value of the object may be a reference to a secret manager
// instead, as in {"secret": "vault:shop/database#password"}, and so may the whole
// payload, whose secret then is one of the above and refers no further. [SecretFiles]
// reads what a secret manager puts into files; the packages below secretmanager ask
// Vault, AWS and Google Cloud; others can be had by a [SecretSource] of your own.
// Whoever stores a connection chooses both the secret
// and the host that it is sent to, so restrict the targets as well.
//
// What is stored and can never be used as it is gives a
// [preview.ErrConnectionInvalid].
package connections
