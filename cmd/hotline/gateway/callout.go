package gateway

import (
	"context"
	"errors"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/store"
)

const opCallOut = "call out"

// errPutDown is that an agent did not wait for an answer.
var errPutDown = errors.New("the agent has put the phone down")

// callOut calls somebody for an agent, who is joined once they answer. An agent on a phone is rung first.
func (g *Gateway) callOut(ctx context.Context, id hotline.ConversationID, agent, number string) error {
	if err := g.mayBegin(); err != nil {
		return err
	}
	over := g.count()
	c, err := g.dialOut(ctx, id, agent, number)
	if err != nil {
		over()
		return err
	}
	g.people.work.Go(func() {
		defer over()
		ctx := context.WithoutCancel(ctx)
		defer c.putDown(ctx) // a conversation that broke off has not
		c.run(ctx, hotline.Started{Channel: hotline.ChannelPhone, From: number, To: number, Codec: c.cdr.Codec})
	})
	return nil
}

// dialOut returns the conversation of an agent with somebody who has answered.
func (g *Gateway) dialOut(ctx context.Context, id hotline.ConversationID, agent, number string) (*conversation, error) {
	if number == "" || len(number) > 32 || !digits(number) {
		return nil, hotline.Errorf(opCallOut, hotline.CodeInvalid, "%q 不是电话号码 is no number", number)
	}
	if err := g.mayCall(number); err != nil {
		return nil, err
	}
	who, err := g.people.desk.Look(ctx, agent)
	if err != nil {
		return nil, err
	}
	c := &conversation{gateway: g, id: id, log: g.log.With("conversation", string(id), "agent", agent), attend: who.Agent}
	if who.Agent.Device == desk.Phone {
		if c.own, err = g.pickUp(ctx, who.Agent.Extension, number); err != nil {
			return nil, err
		}
	} else if !g.people.headsets.up(agent) {
		return nil, hotline.Errorf(opCallOut, hotline.CodeConflict, "耳机未连接 the headset is not connected")
	}
	began := g.clock.Now()
	leg, err := g.ring(ctx, number, c.own)
	if err != nil {
		c.putDown(context.WithoutCancel(ctx))
		return nil, err
	}
	g.metrics.CallStarted(g.clock.Now().Sub(began))
	c.leg = line{leg}
	c.cdr = store.CDR{Conversation: id, Direction: "out", To: number, Start: began, Answer: g.clock.Now(), Codec: leg.Codec().String()}
	c.log.Info("called out", "number", number)
	return c, nil
}

// pickUp rings the phone of an agent, which shows whom they are about to call, and lets it hear that it rings there.
func (g *Gateway) pickUp(ctx context.Context, extension, number string) (*sip.Leg, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Desk.Dial)
	defer cancel()
	leg, err := g.dialExtension(ctx, sip.Dial{User: extension, From: number})
	if err != nil {
		return nil, hotline.Errorf(opCallOut, hotline.CodeConflict, "您的话机未接听 your phone was not picked up: %w", err)
	}
	ringing, err := tone.NewGenerator(tone.RingBack(), leg.Format().Rate)
	if err == nil {
		err = leg.Join(nil, ringing)
	}
	if err != nil {
		g.log.Warn("an agent's phone is silent while it rings", "extension", extension, "error", err)
	}
	return leg, nil
}

// ring dials a number until it answers or own, unless it is nil, has ended.
func (g *Gateway) ring(ctx context.Context, number string, own *sip.Leg) (*sip.Leg, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Desk.Dial)
	defer cancel()
	dialling, putDown := context.WithCancelCause(ctx)
	defer putDown(nil)
	if own != nil {
		go func() {
			select {
			case <-own.Done():
				putDown(errPutDown)
			case <-dialling.Done():
			}
		}()
	}
	leg, err := g.phone.Dial(dialling, sip.Dial{Trunk: g.cfg.Desk.Trunk, Number: number})
	switch {
	case err == nil:
		return leg, nil
	case errors.Is(context.Cause(dialling), errPutDown):
		return nil, hotline.Errorf(opCallOut, hotline.CodeConflict, "您已挂机 you have hung up")
	}
	return nil, notReached(reasonOf(dialling, err), err)
}

// putDown ends the phone of the agent for whom the call was made, if it has not been.
func (c *conversation) putDown(ctx context.Context) {
	if c.own == nil {
		return
	}
	if err := c.own.Hangup(ctx, "over"); err != nil {
		c.log.Warn("an agent's phone not hung up", "error", err)
	}
}

// notReached tells an agent why somebody was not reached. That they do not want to be is no fault of ours.
func notReached(reason desk.Reason, err error) error {
	switch reason {
	case desk.BusyLine:
		return hotline.Errorf(opCallOut, hotline.CodeConflict, "没有接通：对方正忙 they are engaged: %w", err)
	case desk.NoAnswer:
		return hotline.Errorf(opCallOut, hotline.CodeConflict, "没有接通：无人接听 nobody answers: %w", err)
	case desk.Declined:
		return hotline.Errorf(opCallOut, hotline.CodeConflict, "没有接通：对方拒接 they decline: %w", err)
	}
	return hotline.Errorf(opCallOut, hotline.CodeUnavailable, "没有接通 not reached: %w", err)
}
