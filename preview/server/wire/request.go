package wire

import (
	"cmp"
	"strconv"

	"github.com/op-data/sqlpreview/preview"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// PreviewRequest converts a request; an empty connection id is written out as
// what it means. Bounds are the core's to keep: what asks for more than a limit
// gets the limit.
func PreviewRequest(r *previewv1.PreviewQueryRequest) preview.Request {
	return preview.Request{
		ConnectionID: cmp.Or(r.GetConnectionId(), preview.DefaultConnectionID),
		SQL:          r.GetSql(),
		RequestID:    r.GetRequestId(),
		MaxRows:      int(min(r.GetMaxRows(), preview.HardMaxRows)),
		Timeout:      r.GetTimeout().AsDuration(),
	}
}

// DescribeRequest converts a request, as PreviewRequest does.
func DescribeRequest(r *previewv1.DescribeQueryRequest) preview.Request {
	return preview.Request{
		ConnectionID: cmp.Or(r.GetConnectionId(), preview.DefaultConnectionID),
		SQL:          r.GetSql(),
		RequestID:    r.GetRequestId(),
		Timeout:      r.GetTimeout().AsDuration(),
	}
}

// Validate converts a verdict.
func Validate(requestID string, v *preview.Verdict) *previewv1.ValidateQueryResponse {
	return &previewv1.ValidateQueryResponse{
		RequestId:             requestID,
		Allowed:               v.Allowed,
		Violations:            Violations(v.Violations),
		Tables:                v.Tables,
		Functions:             v.Functions,
		SqlFingerprint:        v.Fingerprint,
		FunctionsToBeResolved: v.ToBeResolved,
	}
}

// Describe converts a description.
func Describe(d *preview.Description) *previewv1.DescribeQueryResponse {
	return &previewv1.DescribeQueryResponse{
		RequestId:         d.RequestID,
		Columns:           Columns(d.Columns),
		SchemaFingerprint: d.Receipt.SchemaFingerprint,
		ResolvedObjects:   objects(d.Objects),
	}
}

func objects(list []preview.Object) []*previewv1.ResolvedObject {
	converted := make([]*previewv1.ResolvedObject, 0, len(list))
	for _, o := range list {
		converted = append(converted, &previewv1.ResolvedObject{
			Kind: o.Kind, Schema: o.Schema, Name: o.Name, Oid: strconv.FormatUint(uint64(o.OID), 10), Rule: o.Rule,
		})
	}
	return converted
}
