using System.Diagnostics.CodeAnalysis;

namespace Goterra.Core.Model;

/// <summary>The id of a deployment: a random UUID, version 4 (RFC 9562), in lower case.</summary>
public readonly record struct DeploymentId
{
    private const int TextLength = 36;

    private readonly Guid _value;

    private DeploymentId(Guid value) => _value = value;

    public static DeploymentId New() => new(Guid.NewGuid());

    public static bool TryParse([NotNullWhen(true)] string? text, out DeploymentId id)
    {
        // The length, because TryParseExact ignores white space around it.
        var value = Guid.Empty;
        var parsed = text?.Length == TextLength && Guid.TryParseExact(text, "D", out value);
        id = new DeploymentId(value);
        return parsed;
    }

    /// <exception cref="FormatException">The text is not a UUID.</exception>
    public static DeploymentId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("A deployment id is a UUID.");

    public override string ToString() => _value.ToString("D");
}
