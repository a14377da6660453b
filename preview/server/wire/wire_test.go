package wire_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/sanitize"
)

// want is the table of the reasons as the design states it.
var want = map[connect.Code][]reason.Reason{
	connect.CodeInvalidArgument: {
		"SQL_EMPTY", "SQL_TOO_LARGE", "SQL_TOO_COMPLEX", "SQL_INVALID_TEXT", "SQL_SYNTAX_ERROR",
		"MULTIPLE_STATEMENTS", "NOT_A_SELECT", "DATA_MODIFYING_CTE", "SELECT_INTO", "ROW_LOCK",
		"PARAMETER_NOT_ALLOWED", "FUNCTION_NOT_ALLOWED", "SYNTAX_NOT_ALLOWED",
		"UNDEFINED_OBJECT", "SEMANTIC_ERROR", "DATA_EXCEPTION",
	},
	connect.CodePermissionDenied:   {"INSUFFICIENT_PRIVILEGE", "READ_ONLY_VIOLATION"},
	connect.CodeDeadlineExceeded:   {"STATEMENT_TIMEOUT"},
	connect.CodeCanceled:           {"CLIENT_CANCELED"},
	connect.CodeAborted:            {"ADMIN_CANCELED", "LOCK_TIMEOUT", "CONFLICT"},
	connect.CodeResourceExhausted:  {"DATABASE_BUSY", "CONCURRENCY_LIMIT", "QUERY_TOO_COMPLEX"},
	connect.CodeUnavailable:        {"DATABASE_UNAVAILABLE"},
	connect.CodeFailedPrecondition: {"DATABASE_LOGIN_FAILED", "FUNCTION_RAISED"},
	connect.CodeNotFound:           {"CONNECTION_NOT_FOUND"},
	connect.CodeInternal:           {"INTERNAL"},
}

func TestEveryReasonHasItsCode(t *testing.T) {
	t.Parallel()
	codes := map[reason.Reason]connect.Code{}
	for code, reasons := range want {
		for _, r := range reasons {
			codes[r] = code
		}
	}
	for _, r := range reason.All() {
		code, ok := codes[r]
		if !ok {
			t.Errorf("%s is not in the design's table", r)
		}
		if got := wire.Code(r); got != code {
			t.Errorf("Code(%s) = %v, want %v", r, got, code)
		}
		delete(codes, r)
	}
	if len(codes) != 0 {
		t.Errorf("reasons of the design that the code does not have: %v", codes)
	}
	if got := wire.Code("NO_SUCH_REASON"); got != connect.CodeInternal {
		t.Errorf("an unknown reason has code %v, want internal", got)
	}
}

func TestErrorCarriesItsDetails(t *testing.T) {
	t.Parallel()
	retryable := map[reason.Reason]bool{
		"LOCK_TIMEOUT": true, "CONFLICT": true, "DATABASE_BUSY": true,
		"CONCURRENCY_LIMIT": true, "DATABASE_UNAVAILABLE": true,
	}
	for _, r := range reason.All() {
		err := wire.Error(fmt.Errorf("outer text: %w", &preview.Error{
			Reason: r, Message: "what happened", Hint: "what to do", SQLSTATE: "42P01", RequestID: "r-1",
			Position: preview.Position{Line: 2, Column: 3, Offset: 10, End: 12},
		}))
		var out *connect.Error
		if !errors.As(err, &out) || out.Message() != "what happened" {
			t.Fatalf("%s: got %v, want a connect error with the message alone", r, err)
		}
		info, detail, retry := details(t, out)
		if info.GetReason() != string(r) || info.GetDomain() != wire.ErrorDomain {
			t.Errorf("%s: ErrorInfo is %v", r, info)
		}
		want := &previewv1.ErrorDetail{
			Reason: string(r), Hint: "what to do", Sqlstate: "42P01", RequestId: "r-1",
			Position: &previewv1.Position{Line: 2, Column: 3, Offset: 10, End: 12},
		}
		if !proto.Equal(detail, want) {
			t.Errorf("%s: ErrorDetail is %v", r, detail)
		}
		if (retry != nil) != retryable[r] {
			t.Errorf("%s: RetryInfo is %v, want one: %v", r, retry, retryable[r])
		}
	}
}

func TestErrorOfStrangersSaysNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want connect.Code
	}{
		{errors.New("dial tcp db.internal: password hunter2"), connect.CodeInternal},
		{fmt.Errorf("hunter2: %w", context.Canceled), connect.CodeCanceled},
		{fmt.Errorf("hunter2: %w", context.DeadlineExceeded), connect.CodeDeadlineExceeded},
	} {
		out := wire.Error(test.err)
		if connect.CodeOf(out) != test.want || strings.Contains(out.Error(), "hunter2") {
			t.Errorf("Error(%q) = %v, want only the code %v", test.err, out, test.want)
		}
	}
	if wire.Error(nil) != nil {
		t.Error("Error(nil) is an error")
	}
}

func TestErrorDetailsStaySmallAndValid(t *testing.T) {
	t.Parallel()
	var violations []preview.Violation
	for range 500 {
		violations = append(violations, preview.Violation{Reason: "ROW_LOCK", Message: "bad byte \xff here", Line: 1})
	}
	out := wire.Error(&preview.Error{
		Reason: "ROW_LOCK", Message: strings.Repeat("é\xff", 4000), Hint: strings.Repeat("ü", 4000), Violations: violations,
	})
	var e *connect.Error
	if !errors.As(out, &e) {
		t.Fatal(out)
	}
	size := len(e.Message())
	for _, d := range e.Details() {
		size += len(d.Bytes())
	}
	// Base64 makes four bytes of three, and 8 KiB is what gRPC asks peers to take.
	if size*4/3 > 8<<10 {
		t.Errorf("the error is %d bytes, too many for the headers", size)
	}
	_, detail, _ := details(t, e)
	if n := len(detail.GetViolations()) + int(detail.GetViolationsOmitted()); n != 500 || len(detail.GetViolations()) == 0 {
		t.Errorf("%d violations and %d omitted do not make 500", len(detail.GetViolations()), detail.GetViolationsOmitted())
	}
}

func TestPreviewConvertsEverything(t *testing.T) {
	t.Parallel()
	changed := &sanitize.Changes{
		Kinds: sanitize.Truncated | sanitize.MaskedValue, OriginalBytes: 1 << 40, OriginalCharacters: -1,
		Replacements: []sanitize.Replacement{{Kind: sanitize.Control, Count: 3}}, Detector: "pem", MediaType: "a/b",
	}
	result := &preview.Result{
		RequestID: "id",
		Columns: []preview.Column{
			{Name: "n", Type: "numeric(10,2)", TypeOID: 1700, Category: "N", Precision: 10, Scale: 2, OriginTable: "s.t", OriginColumn: "c"},
			{Name: "n", Type: "text", TypeOID: 25, Category: "S", Precision: -1, Scale: -1, Changes: changed, Masking: &preview.Masking{Rule: "column_rule", Source: "s.t.c", Hint: "h"}},
		},
		Rows:         [][]preview.Cell{{{Text: "1.00"}, {Null: true}}, {{Text: ""}, {Text: "x", Changes: changed}}},
		Truncations:  []preview.Truncation{{Reason: preview.RowLimit, Limit: 100, Rows: 2}, {Reason: preview.CellLimit, Limit: 1024, Rows: 2}},
		Sanitization: preview.Sanitization{PolicyVersion: "7", CellsChanged: 1, Counts: map[sanitize.Kind]int{sanitize.MaskedValue: 1, sanitize.Truncated: 2}},
		Stats:        preview.Stats{Check: 1, Queue: 2, Connect: 3, Execute: 4, Fetch: 5, Sanitize: 6, Catalog: 7, Total: time.Second, Rows: 2, Bytes: 9, BytesReceived: 1 << 33},
		Receipt:      preview.Receipt{SQLFingerprint: "f", Tables: []string{"t"}, SchemaFingerprint: "s", PayloadSHA256: "p"},
	}
	allSet(t, result.Columns[0], "Changes", "Masking")
	allSet(t, result.Truncations[0])
	allSet(t, result.Sanitization)
	allSet(t, result.Stats)
	allSet(t, result.Receipt)
	allSet(t, *changed)
	got := wire.Preview(result)
	const changes = `"changes":{"kinds":["CHANGE_TRUNCATED","CHANGE_MASKED_VALUE"],"originalBytes":"1099511627776",
		"replacements":[{"kind":"CHANGE_CONTROL","count":3}],"detector":"pem","mediaType":"a/b"}`
	expect := &previewv1.PreviewQueryResponse{}
	err := protojson.Unmarshal([]byte(`{"requestId":"id","columns":[
		{"name":"n","type":"numeric(10,2)","typeOid":1700,"category":"N","precision":10,"scale":2,"originTable":"s.t","originColumn":"c"},
		{"name":"n","type":"text","typeOid":25,"category":"S",`+changes+`,"masking":{"rule":"column_rule","source":"s.t.c","hint":"h"}}],
		"rows":[{"cells":[{"text":"1.00"},{}]},{"cells":[{"text":""},{"text":"x",`+changes+`}]}],
		"truncations":[{"reason":"TRUNCATION_REASON_ROW_LIMIT","limit":"100","rows":2},{"reason":"TRUNCATION_REASON_CELL_LIMIT","limit":"1024","rows":2}],
		"sanitization":{"policyVersion":"7","cellsChanged":1,"counts":[{"kind":"CHANGE_TRUNCATED","cells":2},{"kind":"CHANGE_MASKED_VALUE","cells":1}]},
		"stats":{"check":"0.000000001s","queue":"0.000000002s","connect":"0.000000003s","execute":"0.000000004s","fetch":"0.000000005s",
			"sanitize":"0.000000006s","catalog":"0.000000007s","total":"1s","rows":2,"bytes":"9","bytesReceived":"8589934592"},
		"receipt":{"sqlFingerprint":"f","tables":["t"],"schemaFingerprint":"s","payloadSha256":"p"}}`), expect)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, expect) {
		t.Errorf("got  %v\nwant %v", got, expect)
	}
}

func TestEveryKindAndBoundHasItsName(t *testing.T) {
	t.Parallel()
	for _, kind := range sanitize.Kind(0xffff).Split() {
		if wire.Change(kind) == previewv1.Change_CHANGE_UNSPECIFIED {
			t.Errorf("the kind %v has no value in the protocol", kind.Names())
		}
	}
	if n := len(sanitize.Kind(0xffff).Split()); n != len(previewv1.Change_name)-1 {
		t.Errorf("%d kinds, but %d values in the protocol", n, len(previewv1.Change_name)-1)
	}
	for _, r := range []preview.TruncationReason{preview.RowLimit, preview.ByteLimit, preview.ColumnLimit, preview.CellLimit} {
		if _, ok := previewv1.TruncationReason_value["TRUNCATION_REASON_"+string(r)]; !ok {
			t.Errorf("the bound %s has no value in the protocol", r)
		}
	}
}

// allSet makes sure that a sample has a value in every field, so that a field
// that the protocol does not carry yet cannot pass unnoticed.
func allSet(t *testing.T, sample any, but ...string) {
	t.Helper()
	value := reflect.ValueOf(sample)
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		if value.Field(i).IsZero() && !slices.Contains(but, name) {
			t.Errorf("the sample of %T has no %s", sample, name)
		}
	}
}

func details(t *testing.T, e *connect.Error) (info *errdetails.ErrorInfo, detail *previewv1.ErrorDetail, retry *errdetails.RetryInfo) {
	t.Helper()
	for _, d := range e.Details() {
		value, err := d.Value()
		if err != nil {
			t.Fatal(err)
		}
		switch value := value.(type) {
		case *errdetails.ErrorInfo:
			info = value
		case *previewv1.ErrorDetail:
			detail = value
		case *errdetails.RetryInfo:
			retry = value
		default:
			t.Errorf("unexpected detail %T", value)
		}
	}
	if info == nil || detail == nil {
		t.Fatal("the error lacks ErrorInfo or ErrorDetail")
	}
	return info, detail, retry
}
