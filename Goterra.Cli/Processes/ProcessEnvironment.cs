using System.Collections;
using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>The environment of a command. Values are bytes, which need not be UTF-8.</summary>
internal sealed class ProcessEnvironment
{
    private static readonly string[] CredentialNames =
        ["GOT_TOKEN", "GOT_TOKEN_FILE", "GOT_APIKEY", "GOT_TICKET", "GOT_TICKET_FILE"];

    private readonly Dictionary<string, byte[]> _variables;

    private ProcessEnvironment(Dictionary<string, byte[]> variables) => _variables = variables;

    public IEnumerable<KeyValuePair<string, byte[]>> Variables => _variables;

    /// <summary>
    /// The environment that this program was started with, without the changes of the static program.
    /// </summary>
    public static ProcessEnvironment Inherited()
    {
        try
        {
            return Parse(File.ReadAllBytes("/proc/self/environ"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No /proc.
            return new(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
                entry => (string)entry.Key, entry => Encoding.UTF8.GetBytes((string?)entry.Value ?? "")));
        }
    }

    public ProcessEnvironment WithoutCredentials() =>
        new(_variables.Where(variable => !CredentialNames.Contains(variable.Key)).ToDictionary());

    public ProcessEnvironment With(string name, byte[] value) =>
        new(new Dictionary<string, byte[]>(_variables) { [name] = value });

    /// <summary>Returns null if the variable is not set.</summary>
    public string? Text(string name) =>
        _variables.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : null;

    private static ProcessEnvironment Parse(ReadOnlySpan<byte> block)
    {
        var variables = new Dictionary<string, byte[]>();
        foreach (var range in block.Split((byte)0))
        {
            var entry = block[range];
            var equals = entry.IndexOf((byte)'=');
            // If a name occurs twice, C libraries use the first.
            if (equals > 0)
                variables.TryAdd(Encoding.UTF8.GetString(entry[..equals]), entry[(equals + 1)..].ToArray());
        }

        return new(variables);
    }
}
