// Package hostile is a PostgreSQL server that means harm: it speaks the
// protocol well enough to be talked to and then floods, stalls, lies about
// lengths, answers what was not asked, or hands out secrets in its errors.
//
// A [Server] listens on loopback and treats every connection by one
// [Behaviour]. [Behaviours] lists them all; [Mangled] makes more, by changing
// the bytes of an honest answer at random.
package hostile
