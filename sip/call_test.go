package sip

import (
	"context"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestCallWithSoundBothWays(t *testing.T) {
	for _, network := range []string{UDP, TCP} {
		t.Run(network, func(t *testing.T) {
			legs := make(chan *Leg, 1)
			callee := start(t, func(c *Config) { c.Answer = answering(legs) })
			caller := start(t, nil)
			l, err := caller.Dial(within(t), Dial{URI: uriOf(callee, network), From: "13800138000", FromName: "张三"})
			if err != nil {
				t.Fatal(err)
			}
			there := <-legs
			if got := there.Call(); got.From != "13800138000" || got.FromName != "张三" || got.To != "hotline" || got.Transport != network {
				t.Errorf("callee sees %+v", got)
			}
			sing(t, l, 440)
			sing(t, there, 1000)
			hear(t, there, 440)
			hear(t, l, 1000)
			if err := l.Hangup(within(t), "done"); err != nil {
				t.Fatal(err)
			}
			await(t, "end of the called leg", there.Done())
			if end := there.Ending(); end.By != "caller" {
				t.Errorf("callee says %+v", end)
			}
			if end := l.Ending(); end.By != "system" || end.Reason != "done" {
				t.Errorf("caller says %+v", end)
			}
		})
	}
}

func TestCalleeHangsUp(t *testing.T) {
	callee := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			_ = in.Ring()
			_, _ = in.Answer(ctx) // and return, which hangs up
		}
	})
	caller := start(t, nil)
	l, err := caller.Dial(within(t), Dial{URI: uriOf(callee, UDP)})
	if hotline.CodeOf(err) == hotline.CodeConflict {
		return // hung up before the sound began
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, "end of the calling leg", l.Done())
	if end := l.Ending(); end.By != "caller" {
		t.Errorf("ended %+v", end)
	}
}

func TestRejectedCall(t *testing.T) {
	callee := start(t, func(c *Config) {
		c.Answer = func(_ context.Context, in *Invitation) { _ = in.Reject(hotline.CodeConflict) }
	})
	caller := start(t, nil)
	_, err := caller.Dial(within(t), Dial{URI: uriOf(callee, UDP)})
	if hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("error is %v", err)
	}
}

func TestBlackHoledDialEndsAtItsDeadline(t *testing.T) {
	hole := blackHole(t)
	caller := start(t, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := caller.Dial(ctx, Dial{URI: "sip:nobody@" + hole})
	if hotline.CodeOf(err) != hotline.CodeTimeout {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("took %v", took)
	}
}
