// Command ask asks a running sidecar one of everything and prints what it understood,
// a JSON object a line. It is compiled with an older version of the client and with
// today's, so it uses only what both have: ask TARGET.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview/client"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

func main() {
	if err := ask(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func ask(target string) error {
	sidecar, err := client.New(client.Config{Target: target, Attempts: 1})
	if err != nil {
		return err
	}
	defer sidecar.Close() //nolint:errcheck // the process ends
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out := json.NewEncoder(os.Stdout)

	rows, err := sidecar.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{
		ConnectionId: "default", Sql: "select id, name, note from people order by id", RequestId: "upgrade", MaxRows: 2, Timeout: durationpb.New(5 * time.Second),
	})
	if err != nil {
		return err
	}
	var columns, cells, changes, bounds []string
	for _, column := range rows.GetColumns() {
		columns = append(columns, column.GetName()+" "+column.GetType())
	}
	for _, row := range rows.GetRows() {
		for _, cell := range row.GetCells() {
			text := "NULL"
			if cell.Text != nil {
				text = cell.GetText()
			}
			cells = append(cells, text)
			for _, kind := range cell.GetChanges().GetKinds() {
				changes = append(changes, kind.String())
			}
		}
	}
	for _, cut := range rows.GetTruncations() {
		bounds = append(bounds, cut.GetReason().String())
	}
	err = out.Encode(map[string]any{
		"rows": cells, "columns": columns, "changes": changes, "bounds": bounds, "id": rows.GetRequestId(),
		"receipt": len(rows.GetReceipt().GetPayloadSha256()) > 0, "counted": rows.GetStats().GetRows(),
	})
	if err != nil {
		return err
	}
	for _, sql := range []string{"delete from people", "select 1; select 2", "select nobody from people", "select 1/0", "select pg_sleep(1)"} {
		_, err := sidecar.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{Sql: sql})
		detail := client.Detail(err)
		if err := out.Encode(map[string]any{"sql": sql, "reason": client.ReasonOf(err), "violations": len(detail.GetViolations()) > 0}); err != nil {
			return err
		}
	}
	_, err = sidecar.PreviewQuery(ctx, &previewv1.PreviewQueryRequest{ConnectionId: "nowhere", Sql: "select 1"})
	if err := out.Encode(map[string]any{"connection": "nowhere", "reason": client.ReasonOf(err)}); err != nil {
		return err
	}
	verdict, err := sidecar.ValidateQuery(ctx, &previewv1.ValidateQueryRequest{Sql: "select count(*) from people for update"})
	if err != nil {
		return err
	}
	if err := out.Encode(map[string]any{"validated": verdict.GetAllowed(), "reason": verdict.GetViolations()[0].GetReason()}); err != nil {
		return err
	}
	described, err := sidecar.DescribeQuery(ctx, &previewv1.DescribeQueryRequest{Sql: "select id, name from people"})
	if err != nil {
		return err
	}
	return out.Encode(map[string]any{"described": len(described.GetColumns())})
}
