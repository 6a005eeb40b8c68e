using System.Diagnostics.CodeAnalysis;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Infrastructure.Redis;

/// <summary>A message on the change channel: <c>id key NAME</c> or <c>id all</c>; never a value.</summary>
internal static class ChangeMessage
{
    private const int IdLength = 36;
    private const string KeyVerb = " key ";
    private const string AllVerb = " all";

    public static string Key(DeploymentId id, ValueKey key) => id + KeyVerb + key.Text;

    public static string All(DeploymentId id) => id + AllVerb;

    /// <summary>Wakes only watches of the whole deployment: no key has the empty name.</summary>
    public static string Events(DeploymentId id) => id + KeyVerb;

    public static bool TryParse([NotNullWhen(true)] string? message, out Change change)
    {
        change = default;
        if (message is null || message.Length < IdLength || !DeploymentId.TryParse(message[..IdLength], out var id))
            return false;

        var rest = message.AsSpan(IdLength);
        if (rest.StartsWith(KeyVerb))
            change = new Change(id, rest[KeyVerb.Length..].ToString());
        else if (rest.SequenceEqual(AllVerb))
            change = new Change(id, null);
        else
            return false;
        return true;
    }
}
