package server

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

const (
	// maxUnknownNames and maxUnknownName bound what is repeated of a caller's names.
	maxUnknownNames = 5
	maxUnknownName  = 40
)

// sqlRequest is a request that is about a query.
type sqlRequest interface {
	proto.Message
	GetSql() string
}

// noteUnknownFields marks a JSON request without a query that has fields which the
// message does not have: most likely the query stands in one of them. Else unknown
// fields are left out, so that versions understand each other.
func noteUnknownFields(data []byte, message proto.Message) {
	request, ok := message.(sqlRequest)
	if !ok || request.GetSql() != "" {
		return
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return
	}
	known := message.ProtoReflect().Descriptor().Fields()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if known.ByJSONName(name) == nil && known.ByTextName(name) == nil {
			names = append(names, strconv.QuoteToASCII(name[:min(len(name), maxUnknownName)]))
		}
	}
	if len(names) == 0 {
		return
	}
	if len(names) > maxUnknownNames {
		names = append(names[:maxUnknownNames], "...")
	}
	mark := protowire.AppendTag(nil, protowire.FirstReservedNumber, protowire.BytesType)
	message.ProtoReflect().SetUnknown(protowire.AppendString(mark, strings.Join(names, ", ")))
}

// unknownFields returns the names that noteUnknownFields noted, empty for none. A
// binary request can hold the same mark: one with a query is left alone, and so is
// what is not the form of a name.
func unknownFields(message proto.Message) string {
	if request, ok := message.(sqlRequest); !ok || request.GetSql() != "" {
		return ""
	}
	number, kind, n := protowire.ConsumeTag(message.ProtoReflect().GetUnknown())
	if n < 0 || number != protowire.FirstReservedNumber || kind != protowire.BytesType {
		return ""
	}
	names, n := protowire.ConsumeString(message.ProtoReflect().GetUnknown()[n:])
	notPlain := func(r rune) bool { return r < ' ' || r > '~' }
	if n < 0 || len(names) > maxUnknownNames*6*maxUnknownName || strings.ContainsFunc(names, notPlain) {
		return ""
	}
	return names
}

// misnamed is the answer to a request whose query stands in a field that there is
// not.
func misnamed(names string) error {
	return wire.Error(&preview.Error{
		Reason: reason.SQLEmpty, Message: "the request has no query in the field sql; it has fields that this message does not have: " + names,
		Hint: `send the query as {"sql": "select ..."}`,
	})
}
