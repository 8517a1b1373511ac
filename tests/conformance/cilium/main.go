// Command judge answers questions about Cilium policy with Cilium's own policy engine, as JSON lines:
// one request a line on standard input, one answer a line on standard output, in order.
//
// It holds one program at a time: the engine numbers selectors with a process-wide counter.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy/api"
)

// Request asks for the validation of documents (`op: validate`) or for the verdicts of flows under them
// (`op: judge`).
type Request struct {
	Op        string              `json:"op"`
	Documents []string            `json:"documents"`
	Flows     []Flow              `json:"flows"`
	DNS       map[string][]string `json:"dns"`
	Services  []Service           `json:"services"`
}

// Answer has one entry for each document, and for each flow.
type Answer struct {
	Error     string           `json:"error,omitempty"`
	Documents []DocumentAnswer `json:"documents"`
	Verdicts  []Verdict        `json:"verdicts,omitempty"`
}

// maxLine bounds one request: 64 MiB.
const maxLine = 64 << 20

func main() {
	configure()
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			answer(line, out)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "judge: reading a request:", err)
			os.Exit(1)
		}
	}
}

func answer(line []byte, out *bufio.Writer) {
	var request Request
	var result Answer
	if len(line) > maxLine {
		result.Error = "request over 64 MiB"
	} else if err := json.Unmarshal(line, &request); err != nil {
		result.Error = err.Error()
	} else {
		result = serve(&request)
	}
	bytes, err := json.Marshal(result)
	if err != nil {
		bytes = []byte(`{"error":"answer cannot be encoded"}`)
	}
	_, _ = out.Write(append(bytes, '\n'))
	_ = out.Flush()
}

func serve(request *Request) Answer {
	services = request.Services
	documents, answers := validate(request.Documents)
	result := Answer{Documents: answers}
	if request.Op == "judge" {
		verdicts, err := judge(documents, request)
		if err != nil {
			result.Error = err.Error()
		}
		result.Verdicts = verdicts
	}
	return result
}

// configure sets what the agent's flags set, at the defaults that the emitted header names: dual stack,
// L7 proxy on, local host always reaches local pods, host firewall on as for the recorded corpora.
func configure() {
	option.Config.EnableL7Proxy = true
	option.Config.EnableICMPRules = true
	option.Config.EnableIPv4 = true
	option.Config.EnableIPv6 = true
	option.Config.EnableHostFirewall = true
	option.Config.EnableNonDefaultDenyPolicies = true
	option.Config.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways
	option.Config.ClusterName = clusterName
	api.InitEntities(clusterName)
	_ = labelsfilter.ParseLabelPrefixCfg(quiet, nil, nil, "")
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
