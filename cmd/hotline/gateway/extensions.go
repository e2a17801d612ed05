package gateway

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/sip"
)

// freeWithin bounds how long a phone is not rung because our call before is not over yet; it may have another line.
const freeWithin = time.Second

// extensions tells until when we have calls with each registered phone. Most phones have one line: rung before the
// goodbye of the call before has arrived they would say that they are busy, and their agent be marked.
type extensions struct {
	mu   sync.Mutex
	used map[string][]chan struct{} // the calls of each, closed when over
}

// ended is a call as it tells that it is over.
type ended interface{ Done() <-chan struct{} }

// dialExtension calls a registered phone.
func (g *Gateway) dialExtension(ctx context.Context, to sip.Dial) (*sip.Leg, error) {
	var leg *sip.Leg
	err := g.people.extensions.during(ctx, to.User, func() (call ended, err error) {
		leg, err = g.phone.Dial(ctx, to)
		return leg, err
	})
	return leg, err
}

// during dials an extension once it is free, or has had time to be, and knows it to be in use until that fails or the
// call ends.
func (e *extensions) during(ctx context.Context, extension string, dial func() (ended, error)) error {
	over := make(chan struct{})
	e.mu.Lock()
	if e.used == nil {
		e.used = map[string][]chan struct{}{}
	}
	before := slices.Clone(e.used[extension])
	e.used[extension] = append(e.used[extension], over)
	e.mu.Unlock()
	release := func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.used[extension] = slices.DeleteFunc(e.used[extension], func(c chan struct{}) bool { return c == over })
		if len(e.used[extension]) == 0 {
			delete(e.used, extension)
		}
		close(over)
	}
	free, late := context.WithTimeout(ctx, freeWithin)
	defer late()
	for _, call := range before {
		select {
		case <-call:
		case <-free.Done():
		}
	}
	call, err := dial()
	if err != nil {
		release()
		return err
	}
	go func() {
		<-call.Done()
		release()
	}()
	return nil
}
