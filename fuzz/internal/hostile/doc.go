// Package hostile is a PostgreSQL server that means harm. It stands between a
// client and a real server and hands on what they say, so that it is believed,
// until the client's own query is answered: then it floods, stalls, lies about
// lengths, answers what was not asked, or hands out secrets in its errors.
//
// A [Server] listens on loopback and treats every connection by one
// [Behaviour]. [Behaviours] lists them all; [Mangled] makes more, by changing
// the bytes of an honest answer at random.
package hostile
