-- Says of every line where it comes from, and names its CloudWatch stream.
--
-- STREAM_ROOT, CLUSTER and NODE come from the pod's environment. Lines reach this script before their JSON is read: numbers that
-- pass through Lua would become floating-point numbers.

-- The file's name tells pod, namespace and container, so that a line finds its stream without the API server too.
local FILE = "^kube%.var%.log%.containers%.(.+)_([^_]+)_([^_]+)%-%x+%.log$"

-- A pod's own choice of a stream. One that ends in "/" gets the pod's name behind it.
local ANNOTATION = "opsdx.io/log-stream"

-- A part of what CloudWatch takes: lines for a stream that it refuses would be sent again and again.
local STREAM = "^[%w%-_%./]+$"
local MAX_STREAM = 512

local function chosen(record, pod)
  local kubernetes = record["kubernetes"]
  local annotations = type(kubernetes) == "table" and kubernetes["annotations"]
  local stream = type(annotations) == "table" and annotations[ANNOTATION]
  if type(stream) ~= "string" then
    return nil
  end
  if string.sub(stream, -1) == "/" then
    stream = stream .. pod
  end
  if #stream > MAX_STREAM or not string.match(stream, STREAM) then
    return nil
  end
  return stream
end

function origin(tag, timestamp, record)
  local pod, namespace, container = string.match(tag, FILE)
  if pod == nil then
    return 0, timestamp, record
  end
  local words = string.gsub(namespace .. "/" .. container, "%-", "/")
  return 2, timestamp, {
    log = record["log"],
    kubernetes = {
      cluster = os.getenv("CLUSTER"),
      host = os.getenv("NODE"),
      namespace = namespace,
      pod = pod,
      container = container,
      log_stream = chosen(record, pod) or os.getenv("STREAM_ROOT") .. "/" .. words,
    },
  }
end
