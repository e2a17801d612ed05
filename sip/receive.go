package sip

import (
	"net/netip"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/sip/screen"
)

// receive sees every message before the stack's transactions do, in the order of its socket. What
// does not pass is consumed.
func (e *Endpoint) receive(m gosip.Message) {
	switch m := m.(type) {
	case *gosip.Request:
		if !e.examine(m) {
			*m = gosip.Request{}
			m.SetTransport(consumed)
		}
	case *gosip.Response:
		if !screen.Response(m, e.faces.has) {
			e.counters.dropped.Add(1)
			*m = gosip.Response{}
			m.SetTransport(consumed)
		}
	}
}

// consumed is the transport of a message that the stack can only throw away: it has no Via to make
// a transaction of, and no connection to be answered through.
const consumed = "consumed"

// examine reports whether a request may go on to a transaction. It must not block.
func (e *Endpoint) examine(req *gosip.Request) bool {
	source := addrOf(req.Source())
	if !gosip.IsReliable(req.Transport()) {
		e.rememberSource(req.Source())
	}
	verdict := screen.Request(req)
	if verdict != nil {
		e.counters.dropped.Add(1)
		e.log.Debug("request refused unread", "source", source, "status", verdict.Status, "why", verdict.Why)
		if res := verdict.Response(req); res != nil {
			set(res, "Server", product)
			e.alone(req, res)
		}
		return false
	}
	normalise(req, source.Addr())
	switch {
	case req.IsCancel():
		e.cancel(req)
		return false
	case req.IsAck():
		kept := *req // receive empties the other
		l := e.calls.find(dialogOf(req))
		return l == nil || !l.acknowledge(&kept)
	}
	return true
}

// rememberSource makes answers to a UDP source leave from the socket it was heard at.
func (e *Endpoint) rememberSource(source string) {
	pool := e.stack.Pool(UDP)
	switch c := pool.Get(source).(type) {
	case *datagrams:
		c.remember(pool, source)
	case *gosip.UDPConnection:
		if d, ok := c.PacketConn.(*datagrams); ok {
			d.remember(pool, source)
		}
	}
}

// normalise makes the addresses of a request what the stack takes them for. It notes where the
// request came from when its Via says otherwise (RFC 3261 section 18.2.1, RFC 3581 section 4), takes
// off blanks around "=", which the parser leaves, and gives the From of an RFC 2543 peer an empty
// tag, which response takes off again.
func normalise(req *gosip.Request, source netip.Addr) {
	via, from := req.Via(), req.From()
	for _, params := range []gosip.HeaderParams{via.Params, from.Params, req.To().Params} {
		for i, p := range params {
			params[i] = gosip.HeaderKV{K: strings.ToLower(strings.TrimSpace(p.K)), V: strings.TrimSpace(p.V)}
		}
	}
	if told, err := netip.ParseAddr(bare(via.Host)); err != nil || told.Unmap() != source {
		via.Params.Add("received", source.String())
	}
	branch, _ := via.Params.Get("branch")
	if !strings.HasPrefix(branch, gosip.RFC3261BranchMagicCookie) && !from.Params.Has("tag") {
		from.Params.Add("tag", "")
	}
}

// cancel ends the Invitation that a CANCEL is for (RFC 3261 section 9.2).
func (e *Endpoint) cancel(req *gosip.Request) {
	in := e.calls.byBranch(branchIDOf(req))
	if in == nil {
		e.alone(req, response(req, gosip.StatusCallTransactionDoesNotExists, ""))
		return
	}
	e.alone(req, response(req, gosip.StatusOK, in.tag))
	e.tasks.run(in.cancelled)
}

// handle serves a request that begins a transaction, in a goroutine of its own.
func (e *Endpoint) handle(req *gosip.Request, tx *gosip.ServerTx) {
	if !e.tasks.begin() {
		tx.Terminate()
		return
	}
	defer e.tasks.end()
	switch {
	case req.IsAck():
		tx.Terminate() // for a refusal sent without a transaction, or for nothing
	case req.Method == gosip.OPTIONS:
		e.options(req, tx)
	case req.Method == gosip.REGISTER:
		e.register(req, tx)
	case req.IsInvite() && toTag(req) == "":
		e.invite(req, tx)
	default:
		e.withinDialog(req, tx)
	}
}

// withinDialog serves a request that belongs to a call.
func (e *Endpoint) withinDialog(req *gosip.Request, tx *gosip.ServerTx) {
	l := e.calls.find(dialogOf(req))
	switch {
	case l == nil:
		e.refuse(tx, req, gosip.StatusCallTransactionDoesNotExists)
	case !l.inOrder(req):
		e.refuse(tx, req, gosip.StatusInternalServerError)
	case req.IsInvite():
		l.reinvited(req, tx)
	case req.Method == gosip.BYE:
		l.byed(req, tx)
	case req.Method == gosip.UPDATE:
		l.updated(req, tx)
	case req.Method == gosip.PRACK:
		l.pracked(req, tx)
	case req.Method == gosip.INFO:
		l.informed(req, tx)
	default:
		e.refuse(tx, req, gosip.StatusMethodNotAllowed)
	}
}

// options says what we can do, and whether we take calls.
func (e *Endpoint) options(req *gosip.Request, tx *gosip.ServerTx) {
	if toTag(req) != "" && e.calls.find(dialogOf(req)) == nil {
		e.refuse(tx, req, gosip.StatusCallTransactionDoesNotExists)
		return
	}
	status := gosip.StatusOK
	if e.admission.isDraining() {
		status = gosip.StatusServiceUnavailable
	}
	res := response(req, status, "")
	set(res, "Allow", screen.Allow)
	set(res, "Accept", screen.Accept)
	set(res, "Supported", screen.Supported)
	if status != gosip.StatusOK {
		set(res, "Retry-After", strconv.Itoa(int(e.cfg.Limits.RetryAfter.Seconds())))
	}
	if err := e.respond(tx, res); err != nil {
		e.log.Debug("OPTIONS not answered", "err", err)
	}
}
