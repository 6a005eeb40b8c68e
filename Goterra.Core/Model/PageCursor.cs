using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Goterra.Core.Model;

/// <summary>The last deployment of a page: its creation time and its id, written <c>milliseconds_id</c>.</summary>
public sealed record PageCursor(long Created, DeploymentId Id)
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out PageCursor? cursor)
    {
        cursor = null;
        if (text?.Split('_') is [var created, var id]
            && long.TryParse(created, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && DeploymentId.TryParse(id, out var deployment))
            cursor = new PageCursor(milliseconds, deployment);
        return cursor is not null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Created}_{Id}");
}
