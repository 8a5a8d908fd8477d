# Deploys the template of `npm run package` as a stack of CloudFormation. Terraform keeps no copy of a secret: the
# stack's secrets hold a placeholder until an operator stores the credentials.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "stack_name" {
  description = "The stackName of the configuration"
  type        = string
}

variable "bucket" {
  description = "A bucket in the region of the stack, for the archives and the template"
  type        = string
}

variable "package" {
  description = "The directory that `npm run package` has written"
  type        = string
  default     = "../../dist/package"
}

variable "deployment_role_arn" {
  description = "The service role of CloudFormation, as the configuration has it under deploymentRoles"
  type        = string
}

locals {
  prefix   = "thingspace/${var.stack_name}/"
  template = "${var.package}/template.json"
}

# The names of the archives are hashes of their content. An archive that leaves the directory leaves the bucket: keep the
# ones of the release before, a rollback needs them.
resource "aws_s3_object" "archive" {
  for_each = fileset(var.package, "*.zip")
  bucket   = var.bucket
  key      = "${local.prefix}${each.value}"
  source   = "${var.package}/${each.value}"
}

resource "aws_s3_object" "template" {
  bucket = var.bucket
  # Its own hash: a changed template is another address, which Terraform sees.
  key    = "${local.prefix}template-${filemd5(local.template)}.json"
  source = local.template
}

resource "aws_cloudformation_stack" "thingspace" {
  name         = var.stack_name
  template_url = "https://${var.bucket}.s3.${data.aws_region.current.id}.amazonaws.com/${aws_s3_object.template.key}"
  iam_role_arn = var.deployment_role_arn
  capabilities = ["CAPABILITY_NAMED_IAM"]
  parameters = {
    AssetBucket = var.bucket
    AssetPrefix = local.prefix
  }
  depends_on = [aws_s3_object.archive]

  # `terraform destroy` would end the rotation. The secrets, the keys, the ledger and the log would stay.
  lifecycle {
    prevent_destroy = true
  }
}

data "aws_region" "current" {}

output "operators_policy_arn" {
  value = aws_cloudformation_stack.thingspace.outputs["OperatorsPolicyArn"]
}
