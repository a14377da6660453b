package server

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// The RPC library answers a message that it cannot read with a code alone. So
// that a caller gets a reason here as everywhere, the bounds and the decoding
// stand in front of the library's: a reader of the body, one of what was
// packed, and codecs. What stays without a reason is what comes before any
// message: an unknown path, method, content type or compression.

// tooLarge is the answer to a message over the limit.
func tooLarge() error {
	return wire.Error(&preview.Error{
		Reason: reason.SQLTooLarge, Message: "the request is larger than any query may be", Hint: "shorten the query",
	})
}

// malformed is the answer to a message that is none.
func malformed() error {
	return wire.Error(&preview.Error{
		Reason: reason.SQLInvalidText, Message: "the request cannot be read as the message of this RPC",
		Hint: "send the message of the proto file, in valid UTF-8, as JSON or Protobuf as the content type says",
	})
}

// messages are the options by which a handler reads messages of up to most
// bytes; the library's own bound lies behind ours.
func messages(most int) []connect.HandlerOption {
	binaryCodec := codec{name: "proto", unmarshal: proto.Unmarshal, append: proto.MarshalOptions{}.MarshalAppend}
	jsonCodec := codec{name: "json", unmarshal: unmarshalJSON, append: protojson.MarshalOptions{}.MarshalAppend}
	jsonUTF8 := jsonCodec
	jsonUTF8.name = "json; charset=utf-8"
	return []connect.HandlerOption{
		connect.WithReadMaxBytes(most + 1),
		connect.WithCompression("gzip",
			func() connect.Decompressor { return &unpacker{most: int64(most)} },
			func() connect.Compressor { return gzip.NewWriter(io.Discard) }),
		connect.WithCodec(binaryCodec), connect.WithCodec(jsonCodec), connect.WithCodec(jsonUTF8),
	}
}

// codec is a codec of the library that lets a message which cannot be decoded
// through, marked, to be refused by [legible]: the library would leave the
// details of an error out.
type codec struct {
	name      string
	unmarshal func([]byte, proto.Message) error
	append    func([]byte, proto.Message) ([]byte, error)
}

// unmarshalJSON leaves out unknown fields, as the library does, so that a caller
// and a sidecar of different versions understand each other.
func unmarshalJSON(data []byte, message proto.Message) error {
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, message)
}

var errNotProto = errors.New("server: not a protobuf message")

func (c codec) Name() string { return c.name }

func (c codec) Marshal(message any) ([]byte, error) { return c.MarshalAppend(nil, message) }

// MarshalAppend spares the library a copy; it looks for this method.
func (c codec) MarshalAppend(to []byte, message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, errNotProto
	}
	return c.append(to, m)
}

// illegible is an unknown field of a number that Protobuf keeps for itself, so
// no version of a message has it.
var illegible = protowire.AppendBytes(protowire.AppendTag(nil, protowire.FirstReservedNumber, protowire.BytesType), nil)

func (c codec) Unmarshal(data []byte, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return errNotProto
	}
	if c.unmarshal(data, m) != nil {
		proto.Reset(m)
		m.ProtoReflect().SetUnknown(illegible)
	}
	return nil
}

// legible refuses the messages that codec marked.
func legible(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		m, ok := request.Any().(proto.Message)
		if ok && slices.Equal(m.ProtoReflect().GetUnknown(), illegible) {
			note(ctx).reject(reason.SQLInvalidText)
			return nil, malformed()
		}
		return next(ctx, request)
	}
}

// body is a request's body of at most so many bytes a message.
type body struct {
	io.ReadCloser
	call *Call
	most int64
	// enveloped tells that a message begins with a byte of flags and four of its
	// length, as with gRPC and gRPC-Web; elsewhere the message is the body.
	enveloped bool
	prefix    []byte
	read      int64
	large     claim
	ctx       context.Context
	patient   func() // gives the rest of the body its time; nil once it has
}

func newBody(w http.ResponseWriter, r *http.Request, most int, large claim) *body {
	b := &body{
		ReadCloser: r.Body, call: note(r.Context()), most: int64(most), large: large, ctx: r.Context(),
		enveloped: strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc"),
	}
	if r.ProtoMajor == 1 {
		b.patient = func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout)) }
	}
	return b
}

const envelopeBytes = 5

func (b *body) Read(p []byte) (int, error) {
	if b.patient != nil {
		b.patient()
		b.patient = nil
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	over := b.read > b.most
	if b.enveloped {
		over = false
		if missing := envelopeBytes - len(b.prefix); missing > 0 {
			b.prefix = append(b.prefix, p[:min(n, missing)]...)
		}
		if len(b.prefix) == envelopeBytes {
			over = int64(binary.BigEndian.Uint32(b.prefix[1:])) > b.most
		}
	}
	if over {
		b.call.reject(reason.SQLTooLarge)
		return 0, tooLarge()
	}
	if b.read > largeRequest {
		if err := b.large.enter(b.ctx); err != nil {
			b.call.fail(reason.ConcurrencyLimit)
			return 0, err
		}
	}
	return n, err
}

// unpacker unpacks gzip and stops at a bound.
type unpacker struct {
	packed io.Reader
	begun  bool
	gzip   gzip.Reader
	most   int64
	read   int64
}

// Reset cannot fail: the header is looked at by the first Read, whose errors
// keep their details.
func (u *unpacker) Reset(packed io.Reader) error {
	u.packed, u.begun, u.read = packed, false, 0
	return nil
}

func (u *unpacker) Close() error { return nil }

func (u *unpacker) Read(p []byte) (int, error) {
	if !u.begun {
		if u.gzip.Reset(u.packed) != nil {
			return 0, malformed()
		}
		u.begun = true
	}
	n, err := u.gzip.Read(p)
	u.read += int64(n)
	switch {
	case u.read > u.most:
		return 0, tooLarge()
	case err != nil && !errors.Is(err, io.EOF):
		return 0, malformed()
	default:
		return n, err
	}
}
