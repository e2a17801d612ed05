package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/hotline-cc/hotline/api"
)

// restClient talks to the REST API of a gateway.
type restClient struct {
	address string // host:port
	token   string // of a visitor or of another system, "" for none
	http    *http.Client
}

// logIn returns a client with a session of somebody.
func (r *rig) logIn(ctx context.Context, login, password string) (restClient, error) {
	c := restClient{address: r.HTTP, http: http.DefaultClient}
	var session struct{ Token string }
	_, err := c.post(ctx, "/session", "", map[string]string{"login": login, "password": password}, &session)
	c.token = session.Token
	return c, err
}

// agentID is who is logged in.
func (c restClient) agentID(ctx context.Context) (string, error) {
	var me struct{ Agent struct{ ID string } }
	_, err := c.do(ctx, http.MethodGet, "/desk/me", "", nil, &me)
	return me.Agent.ID, err
}

// post sends JSON and decodes the answer; see do. key makes sending again safe.
func (c restClient) post(ctx context.Context, path, key string, body, into any) (status int, err error) {
	return c.do(ctx, http.MethodPost, path, key, body, into)
}

// do sends JSON, unless body is nil, and decodes the answer, unless into is nil; a status of 300 and more is an
// error with what was answered.
func (c restClient) do(ctx context.Context, method, path, key string, body, into any) (status int, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+api.Base+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
	case response.StatusCode >= http.StatusMultipleChoices:
		err = fmt.Errorf("%s %s: %s %s", method, path, response.Status, answer)
	case into != nil:
		err = json.Unmarshal(answer, into)
	}
	return response.StatusCode, err
}
