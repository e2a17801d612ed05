package gateway

import (
	"context"
	"net"
	"net/netip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/webrtc"
	"github.com/hotline-cc/hotline/webrtc/join"
)

// browserConfig is the front end for browsers as the configuration has it.
func browserConfig(c *config.Config) (webrtc.Config, error) {
	w := c.WebRTC
	out := webrtc.Config{
		Linger: w.Linger, Limits: webrtc.Limits{Legs: w.Legs, PerAddress: w.PerAddress},
		Relay: webrtc.Relay{STUN: w.STUN, TURN: w.TURN, Secret: []byte(w.TURNSecret)},
	}
	bind := func(at netip.AddrPort) (webrtc.Bind, error) {
		b := webrtc.Bind{Address: at, Advertise: w.Advertise}
		if len(b.Advertise) == 0 && at.Addr().IsUnspecified() {
			own, err := ownAddresses(at.Addr().Is4())
			b.Advertise = own
			return b, err
		}
		return b, nil
	}
	for _, at := range w.Listen {
		b, err := bind(at)
		if err != nil {
			return out, err
		}
		out.UDP = append(out.UDP, b)
	}
	var err error
	if w.TCP.IsValid() {
		out.TCP, err = bind(w.TCP)
	}
	return out, err
}

// ownAddresses are those of this machine, of one family or both.
func ownAddresses(only4 bool) ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, hotline.Errorf("webrtc.listen", hotline.CodeUnavailable, "%w", err)
	}
	var own []netip.Addr
	for _, a := range list {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().IsLinkLocalUnicast() || only4 && !prefix.Addr().Is4() {
			continue
		}
		own = append(own, prefix.Addr())
	}
	return own, nil
}

// admit decides whether a browser may connect: its token was made here for one call or one shift.
func (g *Gateway) admit(_ context.Context, token string, _ netip.Addr) (webrtc.Admission, error) {
	who, err := g.people.tokens.Redeem(token)
	if err == nil && who.Role == join.Caller { // agents who reload are in calls that stand
		err = g.mayBegin()
	}
	return who, err
}

// answerBrowser takes a browser: a citizen who calls, or the headset of somebody at the desk.
func (g *Gateway) answerBrowser(ctx context.Context, leg *webrtc.Leg) {
	who := leg.Admission()
	if who.Role != join.Caller {
		g.people.headsets.serve(ctx, who.Subject, leg)
		return
	}
	defer g.count()()
	g.people.mu.Lock()
	from := g.people.expected[who.Conversation]
	delete(g.people.expected, who.Conversation)
	g.people.mu.Unlock()
	now := g.clock.Now()
	log := g.log.With("conversation", string(who.Conversation))
	g.metrics.CallStarted(0)
	c := &conversation{gateway: g, id: who.Conversation, log: log, leg: leg, known: from.known, cdr: store.CDR{
		Conversation: who.Conversation, Direction: "in", From: from.from, Start: now, Answer: now, Codec: leg.Codec().String(),
	}}
	log.Info("browser call answered", "remote", leg.Remote(), "codec", leg.Codec().String())
	c.run(ctx, hotline.Started{Channel: hotline.ChannelWeb, From: from.from, Codec: leg.Codec().String()})
}

// invite lets a browser call once. from names the visitor, known are facts of a chat it goes on from.
func (g *Gateway) invite(_ context.Context, from string, known map[string]string) (api.Invitation, error) {
	if err := g.mayBegin(); err != nil {
		return api.Invitation{}, err
	}
	id := hotline.NewConversationID(g.clock.Now())
	token, err := g.people.tokens.Issue(join.Claims{Conversation: id, Role: join.Caller, Subject: string(id)})
	if err != nil {
		return api.Invitation{}, err
	}
	g.people.mu.Lock()
	g.forgetVisits()
	g.people.expected[id] = visit{from: from, known: known}
	g.people.mu.Unlock()
	return api.Invitation{Conversation: id, URL: whipPath, Token: token, ICEServers: g.iceServers(string(id))}, nil
}

// iceServers are those a browser may use, with credentials of its own.
func (g *Gateway) iceServers(subject string) []api.ICEServer {
	list := []api.ICEServer{}
	for _, s := range g.people.browsers.ICEServers(subject) {
		list = append(list, api.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	return list
}

// whipPath is where browsers post their offers.
const whipPath = "/webrtc"

// maxVisits is how many invitations are remembered.
const maxVisits = 10000

// forgetVisits drops invitations whose token has ended.
func (g *Gateway) forgetVisits() {
	if len(g.people.expected) < maxVisits {
		return
	}
	for id := range g.people.expected {
		if at, err := id.Time(); err != nil || g.clock.Now().Sub(at) > join.Longest {
			delete(g.people.expected, id)
		}
	}
}
