// Package live is the knowledge as it changes while the gateway runs: the entries of the pack with what
// people changed, added and removed since. A change is checked like a file, kept, and then there for
// the next question; a change that is refused leaves everything as it was.
package live

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

// Keeper keeps the entries that differ from the pack's; nil stands for one that was removed.
type Keeper interface {
	Changes(context.Context) (map[string]*kb.Entry, error)
	Change(context.Context, map[string]*kb.Entry) error
}

// Knowledge is a base that changes. It is safe for concurrent use; changes are made one by one.
type Knowledge struct {
	keeper Keeper
	base   atomic.Pointer[kb.Base]

	mu       sync.Mutex
	watchers []func(*kb.Base)
}

const op = "change knowledge"

// Open puts the changes that were kept over the pack's base. An entry that can stand no longer, as
// the pack has become another, is an error that names it.
func Open(ctx context.Context, pack *kb.Base, keeper Keeper) (*Knowledge, error) {
	k := &Knowledge{keeper: keeper}
	changes, err := keeper.Changes(ctx)
	if err != nil {
		return nil, err
	}
	base, problems := with(pack, changes)
	if err := problems.Err(); err != nil {
		return nil, hotline.Errorf("open knowledge", hotline.CodeInvalid, "改过的条目与内容包不符，请修改内容包 changed entries do not fit the pack:\n%w", err)
	}
	k.base.Store(base)
	return k, nil
}

// with returns a base in which entries are replaced, added and left out.
func with(b *kb.Base, changes map[string]*kb.Entry) (*kb.Base, kb.Problems) {
	if len(changes) == 0 {
		return b, nil
	}
	content := kb.Content{AsOf: b.AsOf(), Categories: b.Categories(), Departments: b.Departments()}
	for e := range b.All() {
		change, changed := changes[e.ID]
		switch {
		case !changed:
			content.Entries = append(content.Entries, e)
		case change != nil:
			content.Entries = append(content.Entries, *change)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(changes)) {
		if _, there := b.Entry(id); !there && changes[id] != nil {
			content.Entries = append(content.Entries, *changes[id])
		}
	}
	return kb.NewBase(content)
}

// Base returns the knowledge as it is.
func (k *Knowledge) Base() *kb.Base { return k.base.Load() }

// Watch has f called with every base that comes into force, in order. f must not change knowledge.
func (k *Knowledge) Watch(f func(*kb.Base)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watchers = append(k.watchers, f)
}

// Put changes an entry, or adds one. was is the version that the change rests on, 0 for an entry that was
// not there; CodeConflict when it is another one. Problems among the error refuse the entry; those
// returned are warnings.
func (k *Knowledge) Put(ctx context.Context, e kb.Entry, was int) (kb.Entry, kb.Problems, error) {
	if problems := readable(e); problems.Err() != nil {
		return e, problems, refused(problems)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.at(e.ID, was); err != nil {
		return e, nil, err
	}
	e.Version = was + 1
	problems, err := k.apply(ctx, map[string]*kb.Entry{e.ID: &e})
	if err == nil {
		e, _ = k.Base().Entry(e.ID)
	}
	return e, about(problems, e.ID), err
}

// at tells whether an entry is at a version. k.mu is held.
func (k *Knowledge) at(id string, was int) error {
	have := 0
	if before, found := k.Base().Entry(id); found {
		have = before.Version
	}
	if have != was {
		return hotline.Errorf(op, hotline.CodeConflict, "条目 %s 现在是第 %d 版，请重新读取后再改 the entry has changed, read it again", id, have)
	}
	return nil
}

// readable checks what only a file is checked for: lengths, days and characters.
func readable(e kb.Entry) kb.Problems {
	var file bytes.Buffer
	if err := kb.WriteYAML(&file, "", []kb.Entry{e}); err != nil {
		return kb.Problems{{ID: e.ID, Severity: kb.Error, Reason: err.Error()}}
	}
	_, problems := kb.ReadYAML("", &file)
	for i := range problems {
		problems[i].Line = 0
	}
	return problems
}

func refused(ps kb.Problems) error {
	return hotline.Errorf(op, hotline.CodeInvalid, "%w", ps.Errors())
}

// about returns the problems of one entry.
func about(ps kb.Problems, id string) kb.Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p kb.Problem) bool { return p.ID != id })
}

// apply checks and keeps changes and brings them into force. k.mu is held.
func (k *Knowledge) apply(ctx context.Context, changes map[string]*kb.Entry) (kb.Problems, error) {
	base, problems := with(k.Base(), changes)
	if problems.Err() != nil {
		return problems, refused(problems)
	}
	return problems, k.force(ctx, base, changes)
}

func (k *Knowledge) force(ctx context.Context, base *kb.Base, changes map[string]*kb.Entry) error {
	if err := k.keeper.Change(ctx, changes); err != nil {
		return err
	}
	k.base.Store(base)
	for _, f := range k.watchers {
		f(base)
	}
	return nil
}

// Remove takes an entry out. was is its version; CodeConflict when it is another one.
func (k *Knowledge) Remove(ctx context.Context, id string, was int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, found := k.Base().Entry(id); !found {
		return hotline.Errorf(op, hotline.CodeNotFound, "没有条目 no entry %.80q", id)
	}
	if err := k.at(id, was); err != nil {
		return err
	}
	_, err := k.apply(ctx, map[string]*kb.Entry{id: nil})
	return err
}

// Import merges rows as kb.Import does. A dry run only reports.
func (k *Knowledge) Import(ctx context.Context, rows []kb.Row, found kb.Problems, dry bool) (kb.Report, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next, report := kb.Import(k.Base(), rows, found)
	changes := map[string]*kb.Entry{}
	note := func(id string) {
		if e, found := next.Entry(id); found {
			changes[id] = &e
		}
	}
	for _, a := range report.Added {
		note(a.ID)
	}
	for _, c := range report.Changed {
		note(c.ID)
	}
	if dry || len(changes) == 0 {
		return report, nil
	}
	return report, k.force(ctx, next, changes)
}

// Page returns entries behind an id, in the order of their ids, at most limit of them. category is of
// any level; "" is all, and so are the others.
func (k *Knowledge) Page(after string, limit int, category string, status kb.Status, words string) []kb.Entry {
	var list []kb.Entry
	entries := slices.Collect(k.Base().All())
	if category != "" {
		entries = k.Base().In(category)
	}
	for _, e := range entries {
		if e.ID > after && (status == "" || e.Status == status) && mentions(e, words) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b kb.Entry) int { return strings.Compare(a.ID, b.ID) })
	return list[:min(limit, len(list))]
}

func mentions(e kb.Entry, words string) bool {
	if words == "" {
		return true
	}
	return strings.Contains(strings.Join(append(e.Wordings(), e.ID, e.AnswerText), "\n"), words)
}
