package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip"
)

// serveCalls takes calls of phones and browsers until ctx ends, then lets those that stand finish.
func (g *Gateway) serveCalls(ctx, lasting context.Context) error {
	serving, stop := context.WithCancel(lasting)
	defer stop()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		defer stop()
		select {
		case <-ctx.Done():
			g.drain(lasting)
		case <-serving.Done():
		}
	}()
	go func() {
		select {
		case <-g.phone.Ready():
			g.log.Info("phone ready", "udp", g.phone.Addr(sip.UDP), "tcp", g.phone.Addr(sip.TCP), "tls", g.phone.Addr(sip.TLS))
		case <-serving.Done():
		}
	}()
	var fronts errgroup.Group
	for name, front := range map[string]func(context.Context) error{"phone": g.phone.Run, "browsers": g.runBrowsers} {
		fronts.Go(func() error {
			if err := front(serving); err != nil {
				stop()
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	err := fronts.Wait()
	stop()
	<-drained
	within, cancel := context.WithTimeout(lasting, writtenWithin)
	defer cancel()
	if g.quiet(within) != nil {
		g.log.Error("calls are not written down to their end")
	}
	return err
}

// writtenWithin bounds how long conversations get to be written down once their calls have ended.
const writtenWithin = 15 * time.Second

func (g *Gateway) drain(lasting context.Context) {
	g.mu.Lock()
	g.draining = true
	g.mu.Unlock()
	g.log.Info("draining", "at_most", g.cfg.DrainTimeout)
	ctx, cancel := context.WithTimeout(lasting, g.cfg.DrainTimeout)
	defer cancel()
	err := g.phone.Drain(ctx)
	if err == nil {
		err = g.quiet(ctx) // browsers that call; headsets of agents stay until there is nobody to talk to
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		g.log.Warn("calls are cut off", "error", err)
	}
}

// count counts a call until it is over.
func (g *Gateway) count() (over func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.standing++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.standing--
	}
}

// mayBegin refuses calls that begin here while those that stand are let finish.
func (g *Gateway) mayBegin() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return hotline.Errorf("begin call", hotline.CodeUnavailable, "系统正在停机，请稍后再试 the gateway is going down, try again later")
	}
	return nil
}

// quietEvery is how often is looked whether the last call is over.
const quietEvery = 20 * time.Millisecond

// quiet returns when no call stands, or with ctx's error.
func (g *Gateway) quiet(ctx context.Context) error {
	for {
		g.mu.Lock()
		standing := g.standing
		g.mu.Unlock()
		if standing == 0 {
			return nil
		}
		select {
		case <-g.clock.After(quietEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
