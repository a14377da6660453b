package worker

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

const (
	// DefaultMaxResultBytes is the default of Options.MaxResultBytes.
	DefaultMaxResultBytes = 1 << 20
	// HardMaxResultBytes is the most that Options.MaxResultBytes may be.
	HardMaxResultBytes = 3 << 19
	// maxPayload is what a whole result may take. Temporal's server refuses a payload
	// of more than 2 MiB (limit.blobSize.error); encrypting adds less than 1 KiB.
	maxPayload = 2<<20 - 64<<10
)

// fitPayload cuts rows off until the rest takes no more than maxRows bytes, and the
// whole result fits a payload. It counts rows as they are encoded.
//
// What was cut is declared: a truncation by bytes, the number of rows, and the
// changes of the cells that are left. The hash of the payload is not known any more.
func fitPayload(response *previewv1.PreviewQueryResponse, maxRows int) error {
	rows := response.GetRows()
	size := 0
	for _, row := range rows {
		size += encodedRow(row)
	}
	around := proto.Size(response) - size + truncationBytes
	if around > maxPayload {
		return newFailure(reason.QueryTooComplex, "the names of the columns alone are larger than a workflow's result may be", "select fewer columns")
	}
	limit := min(maxRows, maxPayload-around)
	if size <= limit {
		return nil
	}
	kept := len(rows)
	for ; size > limit; kept-- {
		size -= encodedRow(rows[kept-1])
	}
	response.Rows = rows[:kept]
	response.Truncations = append(response.GetTruncations(), &previewv1.Truncation{
		Reason: previewv1.TruncationReason_TRUNCATION_REASON_BYTE_LIMIT, Limit: int64(limit), Rows: int32(kept),
	})
	if stats := response.GetStats(); stats != nil {
		stats.Rows, stats.Bytes = int32(kept), int64(size)
	}
	if receipt := response.GetReceipt(); receipt != nil {
		receipt.PayloadSha256 = ""
	}
	if s := response.GetSanitization(); s != nil {
		s.CellsChanged, s.Counts = countChanges(response.GetRows())
	}
	return nil
}

// truncationBytes is more than the truncation that fitPayload adds takes.
const truncationBytes = 64

// encodedRow is how many bytes a row takes in the result: its own, its length and
// its tag.
func encodedRow(row *previewv1.Row) int {
	size := proto.Size(row)
	return 1 + varintSize(size) + size
}

func varintSize(n int) (bytes int) {
	for bytes = 1; n >= 0x80; bytes++ {
		n >>= 7
	}
	return bytes
}

// countChanges counts the cells that hold another text than the database's, and
// those of each kind, in the order of the enum.
func countChanges(rows []*previewv1.Row) (changed int32, counts []*previewv1.ChangeCount) {
	ofKind := map[previewv1.Change]int32{}
	for _, row := range rows {
		for _, cell := range row.GetCells() {
			modified := false
			for _, kind := range cell.GetChanges().GetKinds() {
				ofKind[kind]++
				modified = modified || !advises(kind)
			}
			if modified {
				changed++
			}
		}
	}
	for kind := range previewv1.Change(len(previewv1.Change_name)) {
		if n := ofKind[kind]; n > 0 {
			counts = append(counts, &previewv1.ChangeCount{Kind: kind, Cells: n})
		}
	}
	return changed, counts
}

// advises tells a kind of change that leaves the text as it is.
func advises(kind previewv1.Change) bool {
	return kind == previewv1.Change_CHANGE_FORMULA_LIKE || kind == previewv1.Change_CHANGE_DIRECTION_MARK
}

// checkMaxResult returns what is wrong with a bound of the rows.
func checkMaxResult(bytes int) error {
	if bytes < 1 || bytes > HardMaxResultBytes {
		return fmt.Errorf("worker: Options.MaxResultBytes is not within 1 and %d", HardMaxResultBytes)
	}
	return nil
}
