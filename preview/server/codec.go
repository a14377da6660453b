package server

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"

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
// stand in front of the library's: a reader of the body ([body]), one of the
// decompressed body ([gunzip]), and codecs. What stays without a reason is what
// comes before any message: an unknown path, method, content type or compression,
// and a body that does not arrive in time.

// tooLarge is the answer to a message over the limit.
func tooLarge() error {
	return wire.Error(&preview.Error{
		Reason: reason.SQLTooLarge, Message: "the request is larger than any query may be", Hint: "shorten the query",
	})
}

// malformed is the answer to a body that is no message.
func malformed() error {
	return wire.Error(&preview.Error{
		Reason: reason.SQLInvalidText, Message: "the request cannot be read as the message of this RPC",
		Hint: "send the message of the proto file, in valid UTF-8, as JSON or Protobuf as the content type says",
	})
}

// messageOptions are the options by which a handler reads messages of up to
// maxBytes; the library's own bound lies behind ours.
func messageOptions(maxBytes int) []connect.HandlerOption {
	binaryCodec := codec{name: "proto", unmarshal: proto.Unmarshal, append: proto.MarshalOptions{}.MarshalAppend}
	jsonCodec := codec{name: "json", unmarshal: unmarshalJSON, append: wire.AppendJSON}
	jsonUTF8 := jsonCodec
	jsonUTF8.name = "json; charset=utf-8"
	return []connect.HandlerOption{
		connect.WithReadMaxBytes(maxBytes + 1),
		connect.WithCompression("gzip",
			func() connect.Decompressor { return &gunzip{max: int64(maxBytes)} },
			func() connect.Compressor { return gzip.NewWriter(io.Discard) }),
		connect.WithCodec(binaryCodec), connect.WithCodec(jsonCodec), connect.WithCodec(jsonUTF8),
	}
}

// codec is a codec of the library that marks a message which cannot be decoded and
// lets it through; [rejectUndecodable] refuses it. The library would leave out the
// details of an error that a codec returns.
type codec struct {
	name      string
	unmarshal func([]byte, proto.Message) error
	append    func([]byte, proto.Message) ([]byte, error)
}

// unmarshalJSON leaves out unknown fields, as the library does, so that a caller
// and a sidecar of different versions understand each other.
func unmarshalJSON(data []byte, message proto.Message) error {
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, message); err != nil {
		return err
	}
	noteUnknownFields(data, message)
	return nil
}

var errNotProto = errors.New("server: not a protobuf message")

func (c codec) Name() string { return c.name }

func (c codec) Marshal(message any) ([]byte, error) { return c.MarshalAppend(nil, message) }

// MarshalAppend saves the library a copy; it looks for this method.
func (c codec) MarshalAppend(to []byte, message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, errNotProto
	}
	return c.append(to, m)
}

// undecodable is an unknown field of a number that Protobuf keeps for itself, so
// no version of a message has it.
var undecodable = protowire.AppendBytes(protowire.AppendTag(nil, protowire.FirstReservedNumber, protowire.BytesType), nil)

func (c codec) Unmarshal(data []byte, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return errNotProto
	}
	if c.unmarshal(data, m) != nil {
		proto.Reset(m)
		m.ProtoReflect().SetUnknown(undecodable)
	}
	return nil
}

// rejectUndecodable refuses the messages that codec marked.
func rejectUndecodable(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		m, ok := request.Any().(proto.Message)
		if ok && slices.Equal(m.ProtoReflect().GetUnknown(), undecodable) {
			callFrom(ctx).reject(reason.SQLInvalidText)
			return nil, malformed()
		}
		if ok && unknownFields(m) != "" {
			callFrom(ctx).reject(reason.SQLEmpty)
			return nil, misnamed(unknownFields(m))
		}
		return next(ctx, request)
	}
}
