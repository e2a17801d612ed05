package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip/screen"
)

const typeSDP = "application/sdp"

func newTag() string { return rand.Text()[:16] }

func newBranch() string { return gosip.RFC3261BranchMagicCookie + rand.Text() }

// response returns an answer to a request. tag is that of the To header unless it has one.
func response(req *gosip.Request, status int, tag string) *gosip.Response {
	res := gosip.NewResponseFromRequest(req, status, reasonOf(status), nil)
	if toTag(req) == "" && status > 100 && res.To() != nil {
		if tag == "" {
			tag = newTag()
		}
		res.To().Params.Add("tag", tag)
	}
	if fromTag(res) == "" {
		res.From().Params.Remove("tag")
	}
	set(res, "Server", product)
	return res
}

// header is what both kinds of message have, besides gosip.Message.
type header interface {
	gosip.Message
	Headers() []gosip.Header
	GetHeader(name string) gosip.Header
	RemoveHeader(name string) bool
}

// set puts a header in place of those of its name.
func set(m header, name, value string) {
	for m.RemoveHeader(name) {
	}
	m.AppendHeader(gosip.NewHeader(name, value))
}

// body puts a session description into a message.
func body(m header, description []byte) {
	if description == nil {
		return
	}
	contentType := gosip.ContentTypeHeader(typeSDP)
	m.AppendHeader(&contentType)
	m.SetBody(description)
}

// text returns the value of a header, "" when there is none.
func text(m header, names ...string) string {
	for _, name := range names {
		if h := m.GetHeader(name); h != nil {
			return h.Value()
		}
	}
	return ""
}

// lists reports whether a token is among the comma-separated values of headers, short forms included.
func lists(m header, token string, names ...string) bool {
	for _, name := range names {
		if slices.ContainsFunc(screen.List(m.Headers(), name), func(v string) bool { return strings.EqualFold(v, token) }) {
			return true
		}
	}
	return false
}

// description returns the session description in a message, nil when it has none.
func description(m header) ([]byte, error) {
	if len(m.Body()) == 0 {
		return nil, nil
	}
	kind, _, _ := strings.Cut(text(m, "Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), typeSDP) {
		return nil, hotline.Errorf("read body", hotline.CodeUnsupported, "content type %q", printable(kind, 50))
	}
	return m.Body(), nil
}

// respond sends an answer through its transaction.
func (e *Endpoint) respond(tx *gosip.ServerTx, res *gosip.Response) error {
	if err := screen.Outgoing(res); err != nil {
		return fmt.Errorf("answer %d: %w", res.StatusCode, err)
	}
	if err := tx.Respond(res); err != nil {
		return fmt.Errorf("answer %d: %w", res.StatusCode, err)
	}
	if c := res.CSeq(); c != nil && res.StatusCode >= 200 && e.cfg.OnAnswered != nil {
		e.cfg.OnAnswered(string(c.MethodName), res.StatusCode)
	}
	return nil
}

// refuse answers a request with an error, and says the reason in the log only.
func (e *Endpoint) refuse(tx *gosip.ServerTx, req *gosip.Request, status int, more ...gosip.Header) {
	res := response(req, status, "")
	for _, h := range more {
		res.AppendHeader(h)
	}
	switch status {
	case gosip.StatusMethodNotAllowed, gosip.StatusNotImplemented:
		set(res, "Allow", screen.Allow)
	case gosip.StatusUnsupportedMediaType:
		set(res, "Accept", screen.Accept)
	case gosip.StatusServiceUnavailable:
		set(res, "Retry-After", strconv.Itoa(int(e.cfg.Limits.RetryAfter.Seconds())))
	}
	if req.IsInvite() {
		e.counters.refused(status)
	}
	if err := e.respond(tx, res); err != nil {
		e.log.Debug("answer not sent", "status", status, "err", err)
	}
}

// alone answers a request that gets no transaction.
func (e *Endpoint) alone(req *gosip.Request, res *gosip.Response) {
	conn, err := e.stack.GetConnection(req.Transport(), req.Source())
	if err != nil {
		return
	}
	defer func() { _, _ = conn.TryClose() }()
	to := addrOf(req.Source())
	if via := req.Via(); via != nil && !gosip.IsReliable(req.Transport()) && !via.Params.Has("rport") {
		port := via.Port
		if port == 0 {
			port = gosip.DefaultUdpPort
		}
		to = netip.AddrPortFrom(to.Addr(), uint16(port))
	}
	res.SetDestination(to.String())
	if screen.Outgoing(res) == nil {
		_ = conn.WriteMsg(res)
	}
}

// newRequest returns a request with the headers every one has but From, To, Call-ID and CSeq.
func newRequest(method gosip.RequestMethod, uri gosip.Uri) *gosip.Request {
	req := gosip.NewRequest(method, uri)
	forwards := gosip.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	return req
}

// direct makes a request leave through a face towards a hop, with a Via of its own.
func direct(req *gosip.Request, f face, h hop) {
	for req.RemoveHeader("Via") {
	}
	via := &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(f.network), Host: f.host, Port: f.port,
	}
	via.Params.Add("branch", newBranch())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	req.SetTransport(strings.ToUpper(f.network))
	req.SetDestination(h.addr.String())
	req.SetSource(h.addr.String()) // for the ACK the stack makes, see datagrams.WriteMsg
	req.Laddr = f.laddr
}

// newSeq returns the number that requests or reliable responses begin with.
func newSeq() uint32 { return mathrand.Uint32N(1<<16) + 1 }

// write sends a request without a transaction, as an ACK is.
func (e *Endpoint) write(req *gosip.Request) error {
	set(req, "User-Agent", product)
	if req.ContentLength() == nil {
		req.SetBody(nil)
	}
	if err := screen.Outgoing(req); err != nil {
		return err
	}
	return e.stack.WriteMsg(req)
}

// begin starts a client transaction.
func (e *Endpoint) begin(ctx context.Context, req *gosip.Request) (*gosip.ClientTx, error) {
	set(req, "User-Agent", product)
	if req.ContentLength() == nil {
		req.SetBody(nil)
	}
	if err := screen.Outgoing(req); err != nil {
		return nil, err
	}
	tx, err := e.txs.Request(ctx, req)
	if err != nil {
		return nil, &hotline.Error{Op: "send " + string(req.Method), Code: hotline.CodeUnavailable, Err: err}
	}
	return tx, nil
}

// exchange sends a request that is no INVITE and returns the final response.
func (e *Endpoint) exchange(ctx context.Context, req *gosip.Request) (*gosip.Response, error) {
	tx, err := e.begin(ctx, req)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, transactionError(req, tx.Err())
		case <-ctx.Done():
			return nil, transactionError(req, ctx.Err())
		}
	}
}

func transactionError(req *gosip.Request, err error) error {
	code := hotline.CodeTimeout
	if errors.Is(err, gosip.ErrTransactionTransport) {
		code = hotline.CodeUnavailable
	}
	return &hotline.Error{Op: "send " + string(req.Method), Code: code, Err: err}
}

// authorised sends a request and answers a challenge, if it goes to a trunk with credentials. nextSeq
// numbers the request that is sent again. It returns the request that had the response as well.
func (e *Endpoint) authorised(ctx context.Context, t *trunk, req *gosip.Request, nextSeq func() uint32,
	send func(context.Context, *gosip.Request) (*gosip.Response, error),
) (*gosip.Response, *gosip.Request, error) {
	res, err := send(ctx, req)
	if t == nil || t.client == nil || !t.owns(addrOf(req.Destination()).Addr()) {
		return res, req, err
	}
	exchange := t.client.Begin(string(req.Method), req.Recipient.String())
	for err == nil {
		challenge, credentials := "WWW-Authenticate", "Authorization"
		switch res.StatusCode {
		case gosip.StatusUnauthorized:
		case gosip.StatusProxyAuthRequired:
			challenge, credentials = "Proxy-Authenticate", "Proxy-Authorization"
		default:
			return res, req, nil
		}
		var challenges []string
		for _, h := range res.GetHeaders(challenge) {
			challenges = append(challenges, h.Value())
		}
		value, refused := exchange.Answer(challenges)
		if refused != nil {
			e.log.Warn("中继拒绝认证 · trunk refused our credentials", "trunk", t.Name, "method", req.Method, "err", refused)
			return res, req, nil
		}
		req = req.Clone() // the transaction before may still repeat its own
		set(req, credentials, value)
		req.CSeq().SeqNo = nextSeq()
		req.Via().Params.Add("branch", newBranch())
		res, err = send(ctx, req)
	}
	return nil, req, err
}

// heardAt returns the listener that a request came to, nil when there is none any more.
func (e *Endpoint) heardAt(req *gosip.Request) *listener {
	if gosip.IsReliable(req.Transport()) {
		if c := e.streamsOf(gosip.NetworkToLower(req.Transport())).find(addrOf(req.Source())); c != nil {
			return c.local
		}
		return nil
	}
	if d, ok := e.stack.Pool(UDP).Get(req.Source()).(*datagrams); ok {
		return d.local
	}
	return nil
}
