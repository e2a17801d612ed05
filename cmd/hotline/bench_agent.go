package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/g711"
)

// deskAgent is an agent as the gateway sees one: a session, a console's stream and a headset by WHIP, whose
// microphone is a tone.
type deskAgent struct {
	rest   restClient
	stream *websocket.Conn
	peer   *pion.PeerConnection
	hears  *toneEar
	voice  headset
	offers chan offerSeen
	ready  chan time.Time  // each time it is ready again
	life   context.Context //nolint:containedctx // of the goroutines it has
	stop   context.CancelFunc
}

// headset is the sound of an agent.
type headset struct {
	codec media.Codec
	tick  time.Duration     // between its packets: media.Tick by a clock of its own
	says  func(pcm []int16) // the next tick
	hears func(at time.Time, p *pionrtp.Packet, pcm []int16)
}

// offerSeen is an offer and when it arrived.
type offerSeen struct {
	id, conversation string
	at               time.Time
}

// startAgent logs somebody in, connects their headset and is ready.
func startAgent(ctx context.Context, r *rig, login, password string) (*deskAgent, error) {
	a, err := signIn(ctx, r, login, password)
	if err != nil {
		return nil, err
	}
	if err := a.connect(ctx, r); err != nil {
		return nil, errors.Join(err, a.close())
	}
	asked := time.Now()
	if err := a.command(ctx, http.MethodPut, "/desk/me/state", map[string]string{"state": "ready"}); err != nil {
		return nil, errors.Join(err, a.close())
	}
	_, err = a.free(ctx, asked)
	return a, err
}

// signIn logs somebody in and connects their console.
func signIn(ctx context.Context, r *rig, login, password string) (*deskAgent, error) {
	rest, err := r.logIn(ctx, login, password)
	if err != nil {
		return nil, err
	}
	a := &deskAgent{rest: rest, offers: make(chan offerSeen, 4), ready: make(chan time.Time, 16), hears: newToneEar(callerTone)}
	pcma, _ := codecs.Default().Find(codecs.NamePCMA, g711.Rate) // so that nothing but the gateway takes time
	a.voice = headset{
		codec: pcma, tick: media.Tick, says: hum(agentTone, g711.Rate),
		hears: func(_ time.Time, _ *pionrtp.Packet, pcm []int16) { a.hears.take(pcm, g711.Rate) },
	}
	//nolint:bodyclose // it has none that is to be closed
	if a.stream, _, err = websocket.Dial(ctx, "ws://"+r.HTTP+api.Base+"/desk/stream", &websocket.DialOptions{
		Subprotocols: []string{"hotline.desk", "bearer." + rest.token},
	}); err != nil {
		return nil, err
	}
	a.stream.SetReadLimit(1 << 20)
	ctx, a.stop = context.WithCancel(ctx)
	a.life = ctx
	go a.listen(ctx)
	return a, nil
}

// free waits until the agent is ready for the next call and returns how long that took since a time.
func (a *deskAgent) free(ctx context.Context, since time.Time) (time.Duration, error) {
	late := time.After(10 * time.Second)
	for {
		select {
		case at := <-a.ready:
			if !at.Before(since) {
				return at.Sub(since), nil
			}
		case <-late:
			return 0, fmt.Errorf("the agent is not ready")
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// close goes without a word, as when a browser dies.
func (a *deskAgent) close() error {
	a.stop()
	err := a.stream.CloseNow()
	if a.peer != nil {
		err = errors.Join(err, a.peer.Close())
	}
	return err
}

// listen takes what the console is told.
func (a *deskAgent) listen(ctx context.Context) {
	for {
		var m struct {
			Type     string
			Presence struct {
				State   string
				Headset bool
			}
			Offer json.RawMessage
		}
		if err := wsjson.Read(ctx, a.stream, &m); err != nil {
			return
		}
		switch m.Type {
		case "offer":
			var o struct{ ID, Conversation string }
			if json.Unmarshal(m.Offer, &o) == nil {
				latest(a.offers, offerSeen{o.ID, o.Conversation, time.Now()})
			}
		case "presence":
			if m.Presence.State == "ready" {
				latest(a.ready, time.Now())
			}
		}
	}
}

// latest puts a value into a full channel, too: the oldest gives way.
func latest[T any](c chan T, v T) {
	for {
		select {
		case c <- v:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// command does something that has no answer.
func (a *deskAgent) command(ctx context.Context, method, path string, body any) error {
	_, err := a.rest.do(ctx, method, path, "", body, nil)
	return err
}

// connect brings up the headset.
func (a *deskAgent) connect(ctx context.Context, r *rig) error {
	var grant struct{ URL, Token string }
	if _, err := a.rest.post(ctx, "/desk/headset", "", struct{}{}, &grant); err != nil {
		return err
	}
	engine, codec := &pion.MediaEngine{}, a.voice.codec
	capability := pion.RTPCodecCapability{MimeType: "audio/" + codec.Name, ClockRate: uint32(codec.RTPClock)}
	if codec.Channels > 1 {
		capability.Channels = uint16(codec.Channels)
	}
	if err := engine.RegisterCodec(pion.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pion.PayloadType(codec.PayloadType)}, pion.RTPCodecTypeAudio); err != nil {
		return err
	}
	encoder, decoder, err := codecs.New(codec)
	if err != nil {
		return err
	}
	if a.peer, err = pion.NewAPI(pion.WithMediaEngine(engine)).NewPeerConnection(pion.Configuration{}); err != nil {
		return err
	}
	microphone, err := pion.NewTrackLocalStaticRTP(capability, "audio", "agent")
	if err == nil {
		_, err = a.peer.AddTrack(microphone)
	}
	if err != nil {
		return err
	}
	a.peer.OnTrack(func(t *pion.TrackRemote, _ *pion.RTPReceiver) {
		var pcm []int16
		for {
			packet, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			at := time.Now()
			if pcm, err = decoder.Decode(pcm[:0], packet.Payload); err == nil {
				a.voice.hears(at, packet, pcm)
			}
		}
	})
	connected := make(chan struct{}, 1)
	a.peer.OnConnectionStateChange(func(s pion.PeerConnectionState) {
		if s == pion.PeerConnectionStateConnected {
			connected <- struct{}{}
		}
	})
	offer, err := a.peer.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := pion.GatheringCompletePromise(a.peer)
	if err := a.peer.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	if err := a.exchange(ctx, "http://"+r.HTTP+grant.URL, grant.Token); err != nil {
		return err
	}
	select {
	case <-connected:
	case <-time.After(10 * time.Second):
		return fmt.Errorf("the headset does not connect")
	}
	go a.voice.speak(a.life, microphone, encoder)
	return nil
}

// exchange posts the offer and takes the answer (WHIP).
func (a *deskAgent) exchange(ctx context.Context, url, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(a.peer.LocalDescription().SDP)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/sdp")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := a.rest.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("headset: %s %s", response.Status, answer)
	}
	return a.peer.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: string(answer)})
}

// speak sends what the agent says, tick after tick.
func (h headset) speak(ctx context.Context, microphone *pion.TrackLocalStaticRTP, encoder media.Encoder) {
	pcm := make([]int16, media.Mono(h.codec.PCMRate).TickSamples())
	began := time.Now()
	for n := 0; ; n++ {
		h.says(pcm)
		payload, err := encoder.Encode(nil, pcm)
		if err == nil {
			err = microphone.WriteRTP(&pionrtp.Packet{
				Header:  pionrtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(n * h.codec.RTPClock / 50)},
				Payload: payload,
			})
		}
		if err != nil {
			return
		}
		select {
		case <-time.After(time.Until(began.Add(time.Duration(n+1) * h.tick))):
		case <-ctx.Done():
			return
		}
	}
}
