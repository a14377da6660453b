package server_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

func TestTablesOverRPC(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var recorded []server.Call
	fails := false
	d := serveDatabase(t, "unix", server.Config{Audit: func(_ context.Context, call server.Call) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		recorded = append(recorded, call)
		if fails {
			return "", errors.New("the disk is full")
		}
		return "1", nil
	}})
	client := previewv1.NewPreviewServiceClient(grpcConn(t, d.running))
	page, err := client.ListTables(t.Context(), &previewv1.ListTablesRequest{RequestId: "one", IncludeColumns: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.GetTables()) != 2 || page.GetTables()[1].GetSqlName() != "public.people" || page.GetRequestId() != "one" {
		t.Fatalf("got %v", page)
	}
	people := page.GetTables()[1]
	if id := people.GetColumns()[0]; !id.GetIdentity() || !id.GetNotNull() || id.GetType() != "integer" || people.RowEstimate != nil {
		t.Errorf("got %v", people)
	}
	table, err := client.DescribeTable(t.Context(), &previewv1.DescribeTableRequest{Table: "people"})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.GetTable().GetPrimaryKey(); len(got) != 1 || got[0] != "id" || table.GetTable().GetKind() != previewv1.TableKind_TABLE_KIND_TABLE {
		t.Errorf("got %v", table)
	}
	connections, err := client.ListConnections(t.Context(), &previewv1.ListConnectionsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := connections.GetConnections(); len(got) != 1 || got[0].GetId() != "default" || got[0].GetLabel() != "default" {
		t.Errorf("got %v", connections)
	}
	_, err = client.DescribeTable(t.Context(), &previewv1.DescribeTableRequest{Table: "nosuch"})
	if err == nil {
		t.Fatal("a table that is not there is described")
	}
	mu.Lock()
	calls := append([]server.Call(nil), recorded...)
	fails = true
	mu.Unlock()
	if len(calls) != 4 {
		t.Fatalf("%d calls recorded", len(calls))
	}
	if got := calls[0].Receipt; calls[0].Outcome != server.OutcomeOK || len(got.Tables) != 2 || got.Tables[1] != "public.people" || len(got.SchemaFingerprint) != 64 {
		t.Errorf("recorded %+v", calls[0])
	}
	if calls[3].Outcome != server.OutcomeFailed || calls[3].Reason != reason.UndefinedObject {
		t.Errorf("recorded %+v", calls[3])
	}
	// What cannot be recorded is not answered.
	if _, err := client.ListTables(t.Context(), &previewv1.ListTablesRequest{}); err == nil {
		t.Errorf("answered without a record: %v", err)
	}
	if _, err := client.ListConnections(t.Context(), &previewv1.ListConnectionsRequest{}); err == nil {
		t.Error("answered without a record")
	}
}
