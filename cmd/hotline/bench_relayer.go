package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime/pprof"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline/cmd/hotline/measure/traffic"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/rtp"
)

// BenchRelayerCmd is the relay that is measured, in the process that the benchmark starts: sessions
// as the gateway makes them, two for each call, that forward to each other.
type BenchRelayerCmd struct {
	Calls     int              `required:""`
	Telephone []netip.AddrPort `required:"" help:"Where both sides of all calls are."`
	Profile   string           `help:"Processor profile to write."`
}

// relayer makes bridged calls.
type relayer struct {
	ports   *rtp.Ports
	pacer   *pace.Pacer
	running *errgroup.Group
	ctx     context.Context
}

// Run relays until it is told to end. It prints one JSON line: where each call takes packets.
func (c *BenchRelayerCmd) Run(env *Env) error {
	if c.Profile != "" {
		file, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		return err
	}
	poller, err := rtp.NewPoller(0)
	if err != nil {
		return err
	}
	ports, err := rtp.NewPorts(rtp.PortsConfig{Address: c.Telephone[0].Addr(), Low: 20000, High: 29999, Poller: poller})
	if err != nil {
		return err
	}
	running, ctx := errgroup.WithContext(env.Ctx)
	r := relayer{ports, pacer, running, ctx}
	running.Go(func() error { return pacer.Run(ctx) })
	running.Go(func() error { return poller.Run(ctx) })
	var calls []traffic.Call
	for range c.Calls {
		call, err := r.bridge([2]netip.AddrPort{c.Telephone[0], c.Telephone[1]})
		if err != nil {
			return err
		}
		calls = append(calls, call)
	}
	if err := json.NewEncoder(env.Stdout).Encode(calls); err != nil {
		return err
	}
	return errors.Join(running.Wait(), poller.Close())
}

// bridge begins a call.
func (r relayer) bridge(telephones [2]netip.AddrPort) (call traffic.Call, err error) {
	var legs [2]*rtp.Session
	for i, telephone := range telephones {
		pair, err := r.ports.Open()
		if err != nil {
			return call, err
		}
		codec, _ := codecs.Default().Find(codecs.NamePCMA, 8000)
		encoder, decoder, err := codecs.New(codec)
		if err != nil {
			return call, err
		}
		const events = 101
		legs[i], err = rtp.New(rtp.Config{
			Terms: rtp.Terms{
				Codec: codec, Encoder: encoder, Decoder: decoder, SendType: codec.PayloadType, ReceiveType: codec.PayloadType,
				KeySendType: events, KeyReceiveType: events, PacketTime: media.Tick, Remote: telephone,
			},
			RTP: pair.RTP, RTCP: pair.RTCP, Pacer: r.pacer, CNAME: rand.Text(), OnKey: func(dtmf.Event) {},
		})
		if err != nil {
			return call, err
		}
		session := legs[i]
		r.running.Go(func() error {
			defer func() { _ = pair.Close() }()
			return session.Run(r.ctx)
		})
		call[i] = netip.AddrPortFrom(telephone.Addr(), pair.Port)
	}
	for i := range legs {
		if _, err := legs[i].Forward(legs[1-i]); err != nil {
			return call, fmt.Errorf("bridge: %w", err)
		}
	}
	return call, nil
}
