package gateway

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// spoken is a call that is over when it is closed.
type spoken chan struct{}

func (s spoken) Done() <-chan struct{} { return s }

func TestAPhoneIsRungWhenTheCallBeforeIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		first   func() (ended, error) // begun at once
		patient time.Duration         // of the second, 0 for ever
		wait    time.Duration         // of the second
	}{
		"free":                  {nil, 0, 0},
		"over soon":             {lasts(300 * time.Millisecond), 0, 300 * time.Millisecond},
		"has another line":      {lasts(time.Hour), 0, freeWithin},
		"was not picked up":     {func() (ended, error) { return nil, errors.New("busy") }, 0, 0},
		"nobody wants it still": {lasts(time.Hour), 200 * time.Millisecond, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var e extensions
				if c.first != nil {
					_ = e.during(t.Context(), "801", c.first)
				}
				ctx := t.Context()
				if c.patient > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.patient)
					defer cancel()
				}
				began := time.Now()
				dialled := func() (ended, error) { return nil, errors.New("rung") }
				_ = e.during(ctx, "802", dialled)
				if took := time.Since(began); took != 0 {
					t.Errorf("another phone is rung after %v", took)
				}
				_ = e.during(ctx, "801", dialled)
				if took := time.Since(began); took != c.wait {
					t.Errorf("rung after %v, want %v", took, c.wait)
				}
				time.Sleep(2 * time.Hour)
				e.mu.Lock()
				defer e.mu.Unlock()
				if len(e.used) != 0 {
					t.Errorf("%d phones are still in use", len(e.used))
				}
			})
		})
	}
}

func TestACallThatIsRefusedDoesNotFreeThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e extensions
		refused := func() (ended, error) { return nil, errors.New("busy") }
		_ = e.during(t.Context(), "801", lasts(freeWithin+500*time.Millisecond))
		_ = e.during(t.Context(), "801", refused)
		began := time.Now()
		_ = e.during(t.Context(), "801", refused)
		if took := time.Since(began); took != 500*time.Millisecond {
			t.Errorf("rung after %v, want when the first call is over", took)
		}
	})
}

// lasts dials a call that is over after some time.
func lasts(d time.Duration) func() (ended, error) {
	return func() (ended, error) {
		call := make(spoken)
		time.AfterFunc(d, func() { close(call) })
		return call, nil
	}
}
