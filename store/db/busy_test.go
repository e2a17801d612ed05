package db

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
)

// A gateway under load and a command beside it have the same database open.
func TestTwoProcessesWriteAndReadAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		a, b := open(t), open(t)
		const writers, steps = 8, 20
		var all sync.WaitGroup
		for i := range writers {
			d := []*DB{a, b}[i%2]
			r := begun(t, d, "v")
			all.Go(func() {
				for n := range steps {
					s := next(r, fmt.Sprint(n))
					if err := d.Commit(t.Context(), s); err != nil {
						t.Error(err)
						return
					}
					r = s.Record
					if _, _, err := d.Open(t.Context(), "v"); err != nil {
						t.Error(err)
					}
				}
				if log, err := d.Events(t.Context(), r.ID, 0, chat.MaxPage); err != nil || len(log) != 2+3*steps {
					t.Errorf("%d events %v", len(log), err)
				}
			})
		}
		all.Go(func() {
			for n := range steps {
				if err := b.PutKey(t.Context(), Key{ID: fmt.Sprint(n)}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Wait()
	})
}

func TestADocumentChangedByManyHasACompleteRecord(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		if _, err := d.PutDocument(t.Context(), Document{Kind: "flow", ID: "main"}, 0); err != nil {
			t.Fatal(err)
		}
		v := Version{"flow", "main", 1}
		var all sync.WaitGroup
		for i := range 6 {
			by := fmt.Sprint(i)
			all.Go(func() {
				if err := d.CheckedDocument(t.Context(), v, by); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, err := d.PublishDocument(t.Context(), v, by, ""); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				_, err := d.PutDocument(t.Context(), Document{Kind: "flow", ID: "main", Author: by}, 1)
				if err != nil && hotline.CodeOf(err) != hotline.CodeConflict {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if list, err := d.Audits(t.Context(), "flow", "main"); err != nil || len(list) != 1+6+6+1 {
			t.Errorf("%d steps are recorded: %v", len(list), err)
		}
		if list, err := d.Published(t.Context(), "flow"); err != nil || len(list) != 1 {
			t.Error(list, err)
		}
	})
}

func TestTwoFilesAtOnceKeepToTheQuota(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		r := begun(t, d, "v")
		var mu sync.Mutex
		kept := 0
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				err := d.PutAttachment(t.Context(), Attachment{Conversation: r.ID, ID: fmt.Sprint(i), Size: 1}, Quota{3, 99}, nil)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					kept++
				} else if hotline.CodeOf(err) != hotline.CodeTooLarge {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if kept != 3 {
			t.Errorf("%d files are kept", kept)
		}
	})
}

func TestTheFilesOfTheDatabaseAreNobodyElsesToRead(t *testing.T) {
	dir := t.TempDir()
	begun(t, opened(t, Config{Dir: dir}), "v")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if stat, err := f.Info(); err != nil || stat.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f.Name(), stat.Mode(), err)
		}
	}
}
