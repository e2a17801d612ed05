package account

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestAFloodOfLogInsIsTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cores, flood = 4, 1000
		g := newGate(cores)
		var mu sync.Mutex
		var group sync.WaitGroup
		in, most, done, busy := 0, 0, 0, 0
		for range flood {
			group.Go(func() {
				leave, err := g.enter(t.Context(), time.Now())
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					var r Refused
					if !errors.As(err, &r) || r.Reason != Busy || r.After == 0 {
						t.Error(err)
					}
					busy++
					return
				}
				in++
				most = max(most, in)
				mu.Unlock()
				time.Sleep(40 * time.Millisecond)
				mu.Lock()
				in--
				done++
				leave()
			})
		}
		group.Wait()
		time.Sleep(time.Minute)
		if most != cores/2 || done != beginTogether || busy != flood-beginTogether {
			t.Errorf("%d at once, %d let in, %d turned away", most, done, busy)
		}
		// What is turned away gets its turn later; who hangs up does not hold a place.
		leave, err := g.enter(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		other, err := g.enter(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.enter(ctx, time.Now()); hotline.CodeOf(err) != hotline.CodeTimeout {
			t.Error(err)
		}
		leave()
		other()
		if n := g.waiting.Load(); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}
