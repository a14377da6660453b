package hostile

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Behaviour is one way to attack a client.
type Behaviour struct {
	// Name is stable and appears in reports.
	Name string
	// Honest tells that the behaviour is within the protocol, so that a preview
	// may succeed.
	Honest bool

	greet    func(*peer) bool // in place of the greeting
	parse    func(*peer) bool // in place of the answer to the query's Parse
	describe func(*peer) bool // in place of the query's row description
	execute  func(*peer) bool // in place of the query's rows
	sync     func(*peer) bool // in place of ReadyForQuery
}

// forever repeats a step until the client or the server ends.
func forever(step func(*peer) bool) func(*peer) bool {
	return func(p *peer) bool {
		for step(p) {
		}
		return false
	}
}

// says sends messages and then goes on. They are encoded once, when they are first sent:
// a server in the process whose memory is watched must not fill it with garbage of its
// own, which a row of 1 MiB that is encoded again and again does.
func says(messages ...pgproto3.BackendMessage) func(*peer) bool {
	encoded := sync.OnceValue(func() []byte { return encode(messages...) })
	return func(p *peer) bool { return p.write(encoded()) }
}

// raw sends bytes and then goes on.
func raw(b []byte) func(*peer) bool { return func(p *peer) bool { return p.write(b) } }

// silence says nothing and takes nothing.
func silence(p *peer) bool {
	<-p.ctx.Done()
	return false
}

func hangUp(*peer) bool { return false }

// message is a message with any length that it may claim to have.
func message(kind byte, length uint32, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, length), body...)
}

// row is a DataRow with one cell.
func row(cell []byte) *pgproto3.DataRow { return &pgproto3.DataRow{Values: [][]byte{cell}} }

// Behaviours lists them. Where a server's words can hold a secret, they hold it.
func Behaviours(secret string) []Behaviour {
	block := bytes.Repeat([]byte("x"), 1<<20)
	fault := func(severity, code string) *pgproto3.ErrorResponse {
		return &pgproto3.ErrorResponse{
			Severity: severity, SeverityUnlocalized: severity, Code: code, Message: secret, Detail: secret, Hint: secret, Where: secret, InternalQuery: secret,
			SchemaName: secret, TableName: secret, ColumnName: secret, DataTypeName: secret, ConstraintName: secret, File: secret, Routine: secret, Position: 3,
		}
	}
	notice := pgproto3.NoticeResponse(*fault("NOTICE", "00000"))
	manyColumns := &pgproto3.RowDescription{}
	for range 60000 {
		manyColumns.Fields = append(manyColumns.Fields, pgproto3.FieldDescription{Name: []byte(secret), DataTypeOID: 25, TypeModifier: -1})
	}
	return []Behaviour{
		{Name: "honest", Honest: true},
		{Name: "no-greeting", greet: silence},
		{Name: "greeting-hangs-up", greet: hangUp},
		{Name: "greeting-refuses", greet: func(p *peer) bool { p.send(fault("FATAL", "28P01")); return false }},
		{Name: "greeting-too-many-clients", greet: func(p *peer) bool { p.send(fault("FATAL", "53300")); return false }},
		{Name: "greeting-http", greet: func(p *peer) bool { p.write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n" + secret)); return false }},
		{Name: "greeting-huge-length", greet: func(p *peer) bool {
			return p.write(message('R', 1<<30, nil)) && forever(raw(block))(p)
		}},
		{Name: "greeting-parameters-forever", greet: func(p *peer) bool {
			n := 0
			return p.send(&pgproto3.AuthenticationOk{}) && forever(func(p *peer) bool {
				n++
				return p.send(&pgproto3.ParameterStatus{Name: secret + string(rune('a'+n%26)) + strings.Repeat("k", n%4000), Value: string(block[:60000])})
			})(p)
		}},
		{Name: "greeting-notices-forever", greet: forever(says(&notice))},
		{Name: "greeting-unknown-authentication", greet: raw(message('R', 8, []byte{0, 0, 0, 99}))},
		{Name: "greeting-sasl-unknown", greet: says(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{"X-" + secret}})},
		{Name: "parse-error", Honest: true, parse: says(fault("ERROR", "42P01"))},
		{Name: "parse-hangs-up", parse: hangUp},
		{Name: "parse-silence", parse: silence},
		{Name: "describe-many-columns", describe: says(manyColumns)},
		{Name: "describe-lies-about-count", describe: raw(message('T', 6, []byte{0xff, 0xff}))},
		{Name: "describe-negative-count", describe: raw(message('T', 4+2+19, append([]byte{0x80, 0}, make([]byte, 19)...)))},
		{Name: "describe-long-name", describe: says(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: block, DataTypeOID: 25}}})},
		{Name: "describe-no-terminator", describe: raw(message('T', 16, append([]byte{0, 1}, bytes.Repeat([]byte("n"), 10)...)))},
		{Name: "describe-twice", describe: says(rowDescription(1), rowDescription(3))},
		{Name: "describe-hostile-name", Honest: true, describe: says(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("\x1b[2J\xff\xe2\x80\xaea"), DataTypeOID: 25, TypeModifier: -1}}})},
		{Name: "rows-forever", execute: forever(says(row([]byte("x"))))},
		{Name: "rows-forever-large", execute: forever(says(row(block)))},
		{Name: "rows-past-limit", execute: func(p *peer) bool {
			for range 5000 {
				if !p.send(row([]byte("x"))) {
					return false
				}
			}
			return p.send(done("SELECT 5000"))
		}},
		{Name: "cell-endless", execute: func(p *peer) bool {
			head := message('D', 1<<30, []byte{0, 1, 0x3f, 0xff, 0xff, 0xf0})
			return p.write(head) && forever(raw(block))(p)
		}},
		{Name: "cell-longer-than-row", execute: raw(message('D', 4+2+4+1, []byte{0, 1, 0, 0, 0xff, 0xff, 'x'}))},
		{Name: "cell-negative-length", execute: raw(message('D', 4+2+4, []byte{0, 1, 0xff, 0xff, 0xff, 0xf0}))},
		{Name: "cells-more-than-columns", execute: says(&pgproto3.DataRow{Values: [][]byte{[]byte("a"), []byte("b"), []byte(secret)}}, done("SELECT 1"))},
		{Name: "cells-fewer-than-columns", describe: says(rowDescription(3)), execute: says(row([]byte("a")), done("SELECT 1"))},
		{Name: "cells-60000", execute: says(&pgproto3.DataRow{Values: make([][]byte, 60000)}, done("SELECT 1"))},
		{Name: "row-trailing-bytes", execute: raw(message('D', 4+2+4+1+9, []byte("\x00\x01\x00\x00\x00\x01a123456789")))},
		{Name: "row-length-zero", execute: raw(message('D', 0, nil))},
		{Name: "row-length-negative", execute: raw(message('D', 0xffffffff, nil))},
		{Name: "row-not-utf8", Honest: true, execute: says(row([]byte("caf\xe9 \xed\xa0\x80 \xff\x00")), done("SELECT 1"))},
		{Name: "row-in-pieces", Honest: true, execute: func(p *peer) bool {
			for _, b := range encode(row([]byte("abc")), done("SELECT 1")) {
				if !p.write([]byte{b}) || !p.pause(time.Millisecond) {
					return false
				}
			}
			return true
		}},
		{Name: "row-drips-forever", execute: func(p *peer) bool {
			return p.write(message('D', 1<<20, []byte{0, 1, 0, 0x0f, 0xff, 0xf6})) && forever(func(p *peer) bool {
				return p.write([]byte("x")) && p.pause(50*time.Millisecond)
			})(p)
		}},
		{Name: "row-cut-off", execute: func(p *peer) bool { p.write(encode(row(block))[:1000]); return false }},
		{Name: "execute-silence", execute: silence},
		{Name: "execute-error", execute: says(fault("ERROR", "22P02"))},
		{Name: "execute-error-after-row", execute: says(row([]byte("x")), fault("ERROR", "P0001"))},
		{Name: "execute-fatal", execute: func(p *peer) bool { p.send(fault("FATAL", "57P01")); return false }},
		{Name: "execute-panic", execute: func(p *peer) bool { p.send(fault("PANIC", "XX000")); return false }},
		{Name: "execute-odd-sqlstate", execute: says(fault("ERROR", secret))},
		{Name: "execute-huge-error", execute: says(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42601", Message: secret + string(bytes.Repeat(block, 8))})},
		{Name: "execute-error-endless", execute: func(p *peer) bool {
			return p.write(message('E', 1<<30, []byte("M"+secret))) && forever(raw(block))(p)
		}},
		{Name: "execute-error-no-terminator", execute: raw(message('E', 10, []byte("SERROR")))},
		{Name: "notices-forever", execute: forever(says(&notice))},
		{Name: "notifications-forever", execute: forever(says(&pgproto3.NotificationResponse{PID: 1, Channel: secret, Payload: secret}))},
		{Name: "parameters-forever", execute: forever(says(&pgproto3.ParameterStatus{Name: "TimeZone", Value: secret}))},
		{Name: "completes-forever", execute: forever(says(done("SELECT 1")))},
		{Name: "ready-forever", sync: forever(says(&pgproto3.ReadyForQuery{TxStatus: 'I'}))},
		{Name: "ready-in-transaction", sync: says(&pgproto3.ReadyForQuery{TxStatus: 'T'})},
		{Name: "ready-odd-status", sync: says(&pgproto3.ReadyForQuery{TxStatus: 'x'})},
		{Name: "ready-never", sync: silence},
		{Name: "copy-in", execute: says(&pgproto3.CopyInResponse{})},
		{Name: "copy-out", execute: func(p *peer) bool {
			return p.send(&pgproto3.CopyOutResponse{}) && forever(says(&pgproto3.CopyData{Data: block}))(p)
		}},
		{Name: "copy-both", execute: says(&pgproto3.CopyBothResponse{})},
		{Name: "asks-for-password-again", execute: says(&pgproto3.AuthenticationCleartextPassword{})},
		{Name: "unknown-message", execute: raw(message('~', 4+3, []byte("abc")))},
		{Name: "zero-bytes", execute: forever(raw(make([]byte, 1<<16)))},
		{Name: "portal-suspended", execute: says(row([]byte("x")), &pgproto3.PortalSuspended{})},
		{Name: "empty-query", execute: says(&pgproto3.EmptyQueryResponse{})},
		{Name: "out-of-order", parse: says(row([]byte("x")), done("SELECT 1"), &pgproto3.ReadyForQuery{TxStatus: 'I'})},
		{Name: "hangs-up-after-row", execute: func(p *peer) bool { p.send(row([]byte("x"))); return false }},
	}
}

// Mangled is an honest answer whose bytes are changed at random: flipped,
// left out, doubled, or a length made large. The seed gives the same again.
func Mangled(seed int64) Behaviour {
	return Behaviour{Name: "mangled", execute: func(p *peer) bool {
		r := rand.New(rand.NewSource(seed))
		answer := encode(row([]byte("one")), row(nil), row(bytes.Repeat([]byte("y"), r.Intn(4000))), done("SELECT 3"))
		for range 1 + r.Intn(6) {
			at := r.Intn(len(answer))
			switch r.Intn(5) {
			case 0:
				answer[at] ^= 1 << r.Intn(8)
			case 1:
				answer = append(answer[:at:at], answer[min(at+1+r.Intn(9), len(answer)):]...)
			case 2:
				answer = append(answer[:at:at], append(bytes.Repeat(answer[at:at+1], 1+r.Intn(9)), answer[at:]...)...)
			case 3:
				answer[at] = 0xff
			case 4:
				answer[at] = byte(r.Intn(256))
			}
			if len(answer) == 0 {
				break
			}
		}
		return p.write(answer)
	}}
}
