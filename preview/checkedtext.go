package preview

import (
	"context"
	"slices"
	"sync"

	"github.com/op-data/sqlpreview/preview/internal/guard"
	"github.com/op-data/sqlpreview/preview/internal/wrap"
)

// checkedText is a text that the guard accepted, and what follows from the text alone.
type checkedText struct {
	statement *guard.Statement
	text      wrap.Text
	// identify returns what the receipt of a preview says of the text.
	identify func() Receipt
}

// checkedTexts keeps the texts that the guard accepted: the verdict is the same for the
// same bytes, policy and number of rows, and to make it the text is parsed three
// times. A text that was refused is judged anew each time.
type checkedTexts = textCache[checkedKey, *checkedText]

type checkedKey struct {
	sql    string
	rows   int
	policy *guard.Policy
}

// check takes a text through the guard and into the wrapper.
func (p *Previewer) check(ctx context.Context, sql string, r *boundedRequest) (*checkedText, error) {
	key := checkedKey{sql, r.rows, p.policy}
	if known := p.checkedTexts.find(key); known != nil {
		return known, nil
	}
	permit, err := p.checks.acquire(ctx, sql, r.deadline)
	if err != nil {
		return nil, err
	}
	parsing := permit // until the end of this call, or of the fingerprint
	defer func() { parsing.Release() }()
	st, refused := guard.Check(sql, p.policy)
	if st == nil {
		return nil, refusal(refused)
	}
	c := &checkedText{statement: st, identify: sync.OnceValue(func() Receipt { return receipt(st) })}
	if c.text, err = wrap.Wrap(st, r.rows); err != nil {
		return c, internal("the wrapped query does not read as the one that was checked")
	}
	p.checkedTexts.keep(key, sql, c, 0)
	// The parser makes a fingerprint of a text alone, so it reads it once more: while the
	// database is asked, and under the same permit.
	parsing = nil
	go func() {
		defer permit.Release()
		defer func() { _ = recover() }() // a panic comes again to who asks for the receipt
		c.identify()
	}()
	return c, nil
}

// receipt identifies the text.
func (c *checkedText) receipt() Receipt {
	r := c.identify()
	r.Tables = slices.Clone(r.Tables) // the caller may change what it is given
	return r
}
